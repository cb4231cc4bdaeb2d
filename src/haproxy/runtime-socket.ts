/** Asks a running HAProxy over its runtime API, a Unix socket (HAProxy Management Guide, 9.3). Unix sockets cross network namespaces. */
import { connect } from 'node:net';

const DEADLINE_MS = 2_000;

/** Sends one command; resolves with what HAProxy answers. Rejects when nobody listens at `path`, or nothing comes back in time. */
export function askHaproxy(path: string, command: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(path);
    let answer = '';
    socket.setEncoding('utf8');
    socket.setTimeout(DEADLINE_MS, () => socket.destroy(new Error(`HAProxy does not answer "${command}"`)));
    socket.once('connect', () => socket.write(`${command}\n`));
    socket.on('data', (chunk: string) => {
      answer += chunk;
    });
    socket.once('error', reject);
    socket.once('end', () => {
      socket.destroy();
      resolve(answer);
    });
  });
}

/** The configuration a running HAProxy has, as its `description` names it; undefined when none runs there. */
export async function runningDescription(path: string): Promise<string | undefined> {
  try {
    const info = await askHaproxy(path, 'show info');
    return /^description: (.*)$/m.exec(info)?.[1];
  } catch {
    return undefined; // no socket yet, or nobody behind it any more
  }
}
