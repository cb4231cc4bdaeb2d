// The experiment of docs/decisions/0001: `handed-over.mjs launch [PREFIX…]` opens a listener on the loopback of its own
// namespace, starts itself again behind PREFIX (an unshare command), hands the listener over, prints what both saw as JSON.
import { execFileSync, spawn } from 'node:child_process';
import { readlinkSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { networkInterfaces } from 'node:os';

const namespace = () => readlinkSync('/proc/self/ns/net');

if (process.argv[2] === 'launch') launch(process.argv.slice(3));
else process.on('message', daemon);

function launch(prefix) {
  const server = createServer();
  server.listen(0, '127.0.0.1', () => {
    const { port } = server.address();
    const [file, ...args] = [...prefix, process.execPath, import.meta.filename, 'daemon'];
    const child = spawn(file, args, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    child.send('listener', server);
    child.on('message', (seen) => {
      // Ours closed: what answers from here on is the daemon's duplicate.
      server.close();
      let answer = '';
      connect(port, '127.0.0.1')
        .on('data', (chunk) => {
          answer += chunk;
        })
        .on('end', () => {
          console.log(JSON.stringify({ launcher: namespace(), answer, ...seen }));
          child.kill();
        });
    });
  });
}

async function daemon(_message, server) {
  server.on('connection', (socket) => socket.end(namespace()));
  const ownLoopback = await new Promise((resolve) => {
    connect(server.address().port, '127.0.0.1')
      .on('connect', () => resolve('connected'))
      .on('error', (error) => resolve(error.code));
  });
  process.send({
    daemon: namespace(),
    uid: process.getuid(),
    interfaces: Object.keys(networkInterfaces()),
    ownLoopback,
    wayBack: attempt(`nsenter --net=/proc/${process.ppid}/ns/net true`),
    veth: attempt('ip link add name try-a type veth peer name try-b'),
    vxlan: attempt('ip link add name try-x type vxlan id 1 dstport 8472'),
    iptables: attempt('iptables -t nat -A POSTROUTING -j MASQUERADE'),
    forward: attempt('sysctl -w net.ipv4.ip_forward=1'),
    // In a mount namespace of its own, always: named namespaces need a /run to write to.
    namedNamespace: attempt("unshare --mount sh -c 'mount -t tmpfs tmpfs /run && ip netns add try && ip netns list'"),
    // Still there after a while: it captures. (To a file it names it would give its own owner: to /dev/null, the machine's.)
    capture: attempt('ip link set lo up; timeout 0.5 tcpdump -i lo -w - >/dev/null; test $? = 124'),
  });
}

/** `ok`, or the last line of what went wrong. */
function attempt(command) {
  try {
    execFileSync('sh', ['-c', command], { stdio: ['ignore', 'pipe', 'pipe'], encoding: 'utf8' });
    return 'ok';
  } catch (error) {
    return String(error.stderr).trim().split('\n').at(-1);
  }
}
