/** The relay process: started when a kube-proxy first wants a relay, and again when it has died. */
import { streamChannel } from '../../client/message-channel.ts';
import type { Connect } from '../../proxy/userspace/relay-client.ts';
import { relaysProgram } from '../programs.ts';
import { type Recorder, readRecord } from '../record.ts';
import type { DaemonContext } from './daemon-context.ts';
import { componentLogger } from './logger.ts';
import { connectTo, endLeft, leftOf, startSideProcess } from './side-process.ts';

const ROLE = 'relays';

/** Connects to the process, also to one that a former daemon left, if it still serves. */
export function relayConnector(context: DaemonContext, recorder: Recorder): Connect {
  const { directory } = context;
  const log = componentLogger('relay process');
  return async (mayStart) => {
    const left = leftOf(readRecord(directory.record), ROLE);
    if (left.length > 0) {
      try {
        return streamChannel(await connectTo(directory.relaysSocket));
      } catch (error) {
        log.warn('does not answer; starting another', { error });
      }
      await endLeft(left);
    }
    if (!mayStart) return undefined;
    const what = { role: ROLE, program: relaysProgram(), socket: directory.relaysSocket };
    const { socket, exited } = await startSideProcess(context, recorder, what);
    void exited.then((ended) => log.error('ended; its relays are opened again', { ...ended }));
    return streamChannel(socket);
  };
}
