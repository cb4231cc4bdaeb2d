/** Starts the uplink of a lab (see `uplink-main.ts`) from the host's network namespace, and writes it down. */
import { closeSync, openSync } from 'node:fs';
import { hostOf, portOf } from '../../client/api-socket.ts';
import { identifyProcess } from '../../kernel/processes.ts';
import { startBeside } from '../../kernel/program.ts';
import { LabError } from '../lab-error.ts';
import { uplinkProgram } from '../programs.ts';
import { MARK_VARIABLE, Recorder } from '../record.ts';
import type { StateDirectory } from '../state-directory.ts';

/** Resolves when it takes connections. */
export async function startUplink(directory: StateDirectory, server: string, mark: string): Promise<void> {
  const url = new URL(server);
  const log = openSync(directory.log, 'a', 0o600);
  const argv = [...uplinkProgram(), directory.uplinkSocket, hostOf(url), String(portOf(url))];
  const child = startBeside(argv, { env: { ...process.env, [MARK_VARIABLE]: mark }, errors: log });
  closeSync(log);
  const identity = child.pid === undefined ? undefined : identifyProcess(child.pid);
  const recorder = new Recorder(directory.record);
  if (identity !== undefined) recorder.write([{ made: 'process', role: 'uplink', ...identity }]);
  recorder.close();
  await new Promise<void>((resolve, reject) => {
    child.stdout!.once('data', () => resolve());
    const ended = () => reject(new LabError(ENDED));
    child.once('error', ended);
    child.once('exit', ended);
  });
  child.removeAllListeners();
  child.stdout!.destroy();
  child.unref();
}

const ENDED = {
  what: 'the lab’s way to the API server could not be opened',
  why: 'the process that passes connections on ended at once',
  remedy: 'try again, and report it when it happens again',
};
