/** `podwire check`: what this host can do, and the exact fix for what it lacks. */
import { type Capability, probeCapabilities } from '../../kernel/capabilities.ts';
import { paint } from '../print-error.ts';

const MARKS = { ok: 'ok', limited: 'limited', missing: 'missing' } as const;
const COLOURS = { ok: 32, limited: 33, missing: 31 } as const;

/** Exit code 1 when something is missing that no lab can do without. */
export async function checkCommand(options: { readonly output?: 'json' }): Promise<number> {
  const capabilities = await probeCapabilities();
  process.stdout.write(
    options.output === 'json'
      ? `${JSON.stringify(capabilities, null, 2)}\n`
      : capabilities.map(formatCapability).join(''),
  );
  const lacks = capabilities.filter(({ required, status }) => required && status === 'missing');
  if (options.output !== 'json') {
    process.stdout.write(
      lacks.length === 0
        ? 'This host can run a lab.\n'
        : `This host cannot run a lab: ${lacks.map(({ title }) => title).join(', ')} missing.\n`,
    );
  }
  return lacks.length === 0 ? 0 : 1;
}

/** One line, and for what is not there why, for whom, and what mends it. */
export function formatCapability({ title, status, neededBy, why, remedy }: Capability): string {
  const mark = paint(COLOURS[status], process.stdout)(MARKS[status].padEnd(8));
  if (status === 'ok') return `${mark} ${title}${why === undefined ? '' : ` (${why})`}\n`;
  const lines = [`${mark} ${title}, needed by ${neededBy}`];
  if (why !== undefined) lines.push(`           why: ${why}`);
  if (remedy !== undefined) lines.push(`           do:  ${remedy}`);
  return `${lines.join('\n')}\n`;
}
