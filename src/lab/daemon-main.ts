/**
 * The daemon's first instructions, in a network namespace of its own: writes itself down, takes the plan and the API's
 * listener from the launcher, builds the lab or (`adopt`) takes over one that stands. If the launcher dies before the lab is
 * ready, the daemon has it removed, itself included; one that was to be taken over it leaves as it is.
 */
import type { Server } from 'node:net';
import { identifyProcess } from '../kernel/processes.ts';
import { startDetached } from '../kernel/program.ts';
import type { AcceptedMessage, DaemonMessage, StartMessage } from './daemon-protocol.ts';
import { removeProgram } from './programs.ts';
import { Recorder } from './record.ts';
import { stateDirectory } from './state-directory.ts';

const [name = '', task] = process.argv.slice(2);
const adopts = task === 'adopt';
process.title = `podwire daemon ${name}`;
const recorder = new Recorder(stateDirectory(name).record);
recorder.write([{ made: 'process', role: 'daemon', ...identifyProcess(process.pid)! }]);

let accepted = false;

process.once('message', async (start: StartMessage, listener: Server | undefined) => {
  const { runDaemon } = await import('./daemon/run-daemon.ts');
  try {
    await runDaemon(start, listener, recorder, adopts, (part) => report({ type: 'built', ...part }));
    process.once('message', (message: AcceptedMessage) => {
      accepted = message.type === 'accepted';
    });
    report({ type: 'ready' });
  } catch (error) {
    const { describeError } = await import('./lab-error.ts');
    console.error(error);
    report({ type: 'failed', error: describeError(error, adopts) });
  }
});

process.once('disconnect', () => {
  if (accepted) return;
  if (adopts) process.exit(1);
  startDetached([...removeProgram(), name]);
});

/** Tells the launcher; when it is gone, 'disconnect' says so. */
function report(message: DaemonMessage): void {
  if (process.connected) process.send!(message, undefined, undefined, () => undefined);
}
