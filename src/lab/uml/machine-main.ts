/**
 * The first instructions of a lab's machine, the process that on the host stands for a lab in User-mode Linux: like the daemon,
 * in a network namespace of its own, with the plan and the API's listener from the launcher. Its end ends the guest.
 */
import type { Server } from 'node:net';
import { identifyProcess } from '../../kernel/processes.ts';
import { startDetached } from '../../kernel/program.ts';
import type { AcceptedMessage, DaemonMessage, StartMessage } from '../daemon-protocol.ts';
import { describeError } from '../lab-error.ts';
import { removeProgram } from '../programs.ts';
import { Recorder } from '../record.ts';
import { stateDirectory } from '../state-directory.ts';
import { runMachine } from './machine.ts';

const [name = ''] = process.argv.slice(2);
process.title = `podwire machine ${name}`;
const recorder = new Recorder(stateDirectory(name).record);
recorder.write([{ made: 'process', role: 'machine', ...identifyProcess(process.pid)! }]);

let accepted = false;

process.once('message', async (start: StartMessage, listener: Server) => {
  const ended = () => {
    console.error('User-mode Linux has ended');
    if (accepted) process.exit(1);
  };
  try {
    await runMachine(start, listener, (part) => report({ type: 'built', ...part }), ended);
    recorder.write([{ made: 'ready', at: new Date().toISOString() }]);
    process.once('message', (message: AcceptedMessage) => {
      accepted = message.type === 'accepted';
    });
    report({ type: 'ready' });
  } catch (error) {
    console.error(error);
    report({ type: 'failed', error: describeError(error) });
  }
});

process.once('disconnect', () => {
  if (!accepted) startDetached([...removeProgram(), name]);
});

/** Tells the launcher; when it is gone, 'disconnect' says so. */
function report(message: DaemonMessage): void {
  if (process.connected) process.send!(message, undefined, undefined, () => undefined);
}
