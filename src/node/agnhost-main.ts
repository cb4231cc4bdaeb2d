/**
 * `/agnhost` in a container, for `kubectl exec POD -- /agnhost connect HOST:PORT --timeout=1s`: a program of its own, in the
 * pod's namespaces. The servers of agnhost are stand-ins (`standins/agnhost/`).
 */
import { connect } from 'node:net';
import { connectOnce } from './standins/agnhost/connect.ts';

const [command, ...args] = process.argv.slice(2);
if (command === 'connect') {
  const failure = await connectOnce({ connect: (address) => connect(address) }, args);
  if (failure !== undefined) process.stderr.write(`${failure}\n`);
  process.exitCode = failure === undefined ? 0 : 1;
} else if (command === 'pause') {
  process.on('SIGTERM', () => process.exit(0));
  setInterval(() => undefined, 1 << 30);
} else {
  const hint = 'in a container podwire has connect and pause; the servers run as `args` of an agnhost image';
  process.stderr.write(`Error: unknown command "${command ?? ''}" for "app" (${hint})\n`);
  process.exitCode = 1;
}
