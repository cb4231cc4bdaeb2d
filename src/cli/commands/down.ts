/** `podwire down`: removes one lab or all of them. */
import { down } from '../../lab/down.ts';
import { listLabs } from '../../lab/state-directory.ts';

/** Exit code 0 also when there was nothing to remove. */
export async function downCommand(options: { readonly name: string; readonly all?: boolean }): Promise<number> {
  const names = options.all === true ? listLabs() : [options.name];
  if (names.length === 0) process.stdout.write('There is no lab.\n');
  for (const name of names) {
    const removed = await down(name, (text) => void process.stderr.write(`podwire: ${text}\n`));
    process.stdout.write(removed ? `The lab "${name}" is removed.\n` : `There is no lab "${name}".\n`);
  }
  return 0;
}
