import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { readContainerFile } from '../../../src/node/standins/container-file.ts';

const directory = mkdtempSync(join(tmpdir(), 'podwire-'));
afterAll(() => rmSync(directory, { recursive: true }));
writeFileSync(join(directory, 'Corefile'), '.:53 {\n}\n');
symlinkSync('Corefile', join(directory, 'link'));
symlinkSync('/etc/hostname', join(directory, 'way-out'));
const spec = {
  files: { '/etc/hosts': '127.0.0.1\n' },
  mounts: [
    { source: '/nowhere', target: '/etc' },
    { source: directory, target: '/etc/coredns' },
  ],
};

it('reads the pod’s own files and those of the nearest volume', () => {
  expect(readContainerFile(spec, '/etc/hosts')).toBe('127.0.0.1\n');
  for (const path of ['/etc/coredns/Corefile', '/etc/coredns/link', '/etc/coredns/../coredns/Corefile'])
    expect(readContainerFile(spec, path)).toBe('.:53 {\n}\n');
});

it.each([
  ...['/etc/coredns/other', '/etc/corednsX', '/var/x', '/toString', '/etc/coredns/way-out'],
  `/etc/coredns/${'../'.repeat(10)}etc/hostname`,
])('has no %s', (path) => {
  expect(() => readContainerFile(spec, path)).toThrow(`open ${path}: no such file or directory`);
});
