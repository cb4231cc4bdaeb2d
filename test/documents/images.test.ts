/** docs/images.md lists the image table as it is in the code. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { IMAGES, type ImageBehaviour } from '../../src/node/standins/images.ts';

const DOCUMENT = join(import.meta.dirname, '../../docs/images.md');

/** The first cell of a behaviour's row. */
function behaviourText(behaviour: ImageBehaviour): string {
  if ('program' in behaviour) {
    const applets = behaviour.applets === true ? ', with busybox’s applets' : '';
    return `the program \`${behaviour.program.join(' ')}\`${applets}`;
  }
  switch (behaviour.standIn) {
    case 'web':
      return `web server, port ${behaviour.ports.join(', ')}`;
    case 'banner':
      return `greeting, port ${behaviour.ports.join(', ')}`;
    case 'agnhost':
      return `agnhost, \`${behaviour.behaviour}\``;
    case 'pause':
      return 'sleeps';
    case 'coredns':
      return 'the cluster’s DNS server';
  }
}

it('docs/images.md has a row for every behaviour, with exactly its images', () => {
  const rows = new Map<string, string[]>();
  for (const [image, behaviour] of Object.entries(IMAGES)) {
    const text = behaviourText(behaviour);
    rows.set(text, [...(rows.get(text) ?? []), image]);
  }
  const expected = [...rows].map(
    ([text, images]) => `| ${text} | ${images.map((image) => `\`${image}\``).join(', ')} |`,
  );
  const document = readFileSync(DOCUMENT, 'utf8').split('\n');
  const start = document.indexOf('| what runs | images |');
  expect(document.slice(start + 2, start + 2 + expected.length + 1)).toEqual([...expected, '']);
});
