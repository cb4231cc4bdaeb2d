/** `podwire` as a user has it, by the launcher and the built programs, for one lab. */
import { type SpawnOptions, spawn } from 'node:child_process';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { ROOT } from '../journeys/shared-lab.ts';

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The commands of the lab `name`. */
export function commandLine(name: string) {
  /** Starts `podwire COMMAND --name LAB ARGS`. */
  const start = (command: string, args: readonly string[], options: SpawnOptions) =>
    spawn(join(ROOT, 'lab/podwire'), [command, '--name', name, ...args], options);
  /** The same to its end. */
  const podwire = async (command: string, args: readonly string[] = [], stdin = ''): Promise<Ended> => {
    const child = start(command, args, { stdio: 'pipe' });
    child.stdin!.end(stdin);
    const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
    const [stdout, stderr, code] = await Promise.all([text(child.stdout!), text(child.stderr!), ended]);
    return { code, stdout, stderr };
  };
  const exec = (target: string, ...argv: string[]) => podwire('exec', [target, '--', ...argv]);
  return { start, podwire, exec };
}
