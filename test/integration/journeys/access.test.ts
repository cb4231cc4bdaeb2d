/** Nobody gets in: what listens where, whom the API lets in, and what files other users of the machine can read. */
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readRecord } from '../../../src/lab/record.ts';
import { stateDirectory } from '../../../src/lab/state-directory.ts';
import { kubectl, ROOT, run, sharedLab } from './shared-lab.ts';

const lab = sharedLab();

/** `udp 0.0.0.0:8472` of every listening socket that `ss` lists. */
function listeners(ss: string): string[] {
  return ss
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => line.split(/\s+/))
    .map(([protocol, , , , local]) => `${protocol} ${local}`)
    .sort();
}

const server = () => kubectl(lab(), ['config', 'view', '-o', 'jsonpath={.clusters[0].cluster.server}']);
function commandLine(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'latin1');
  } catch {
    return ''; // ended meanwhile
  }
}

const request = (from: string | undefined, ...args: string[]) => {
  const curl = ['curl', '-sk', '-m', '5', '-w', ' %{http_code}', ...args];
  const argv = from === undefined ? curl : ['ip', 'netns', 'exec', from, ...curl];
  return spawnSync(argv[0]!, argv.slice(1), { encoding: 'utf8' }).stdout;
};

describe('what listens', () => {
  it('on the host: the API alone, on its loopback', () => {
    const pids = readRecord(stateDirectory(lab().name).record).processes.map(({ pid }) => pid);
    expect(pids.length).toBeGreaterThanOrEqual(2);
    const { stdout } = spawnSync('ss', ['-Hltunp'], { encoding: 'utf8' });
    const own = stdout.split('\n').filter((line) => pids.some((pid) => line.includes(`pid=${pid},`)));
    expect(own).toHaveLength(1);
    expect(own[0]).toMatch(/^tcp\s+LISTEN\s+\d+\s+\d+\s+127\.0\.0\.1:\d+\s/);
  });

  it('on nodes, hosts and in the daemon’s own namespace: what belongs there and nothing else', async () => {
    const kubelet = ['tcp 0.0.0.0:10250', 'tcp 127.0.0.1:10248'];
    const node = [...kubelet, 'tcp 0.0.0.0:10256', 'tcp 127.0.0.1:10249', 'udp 0.0.0.0:8472'].sort();
    const expected: Record<string, string[]> = {
      'control-plane': [...node, 'tcp 0.0.0.0:6443'].sort(),
      'node-1': node,
      'node-2': node,
      // The resolver of outside names.
      gateway: ['tcp 0.0.0.0:53', 'udp 0.0.0.0:53'],
      client: [],
      // Nothing before the first Service of type LoadBalancer.
      cloud: [],
    };
    // Polled: the sockets that asked whether DNS answers close just after the lab is ready.
    const listening = async (host: string) => ({ host, sockets: listeners(await run(lab(), host, 'ss', '-Hltun')) });
    for (const [host, sockets] of Object.entries(expected))
      await expect.poll(() => listening(host), { timeout: 10_000 }).toEqual({ host, sockets });
    const { processes } = readRecord(stateDirectory(lab().name).record);
    const daemon = processes.find(({ role }) => role === 'daemon')!.pid;
    const own = spawnSync('nsenter', ['-t', String(daemon), '-n', 'ss', '-Hltun'], { encoding: 'utf8' });
    expect(listeners(own.stdout)).toEqual([]);
  });

  it('in the DNS pods: DNS, health, metrics', async () => {
    const pods = (await lab().snapshot()).pods.filter(({ name }) => name.startsWith('coredns-'));
    for (const { name } of pods) {
      const netns = await lab().netnsOf(`kube-system/${name}`);
      const { stdout } = spawnSync('ip', ['netns', 'exec', netns, 'ss', '-Hltun'], { encoding: 'utf8' });
      const ports = [53, 8080, 8181, 9153].map((port) => `tcp 0.0.0.0:${port}`);
      expect(listeners(stdout)).toEqual([...ports, 'udp 0.0.0.0:53'].sort());
    }
  });
});

describe('the API', () => {
  it.each([
    ['no token', []],
    ['a wrong token', ['-H', 'Authorization: Bearer wrong']],
    ['a name and password', ['-u', 'admin:admin']],
    [
      'headers of an authenticating proxy',
      ['-H', 'X-Remote-User: kubernetes-admin', '-H', 'X-Remote-Group: system:masters'],
    ],
  ])('with %s: 401, on the loopback and on the control plane', async (_what, args) => {
    const client = await lab().netnsOf('client');
    for (const [from, base] of [
      [undefined, await server()],
      [client, 'https://192.168.1.10:6443'],
    ] as const)
      for (const path of ['/api/v1/secrets', '/api/v1/nodes', '/openapi/v2', '/apis'])
        expect(request(from, ...args, `${base}${path}`)).toMatch(/"reason":\s*"Unauthorized"[\s\S]* 401$/);
  });

  it('speaks nothing but TLS', async () => {
    expect(request(undefined, (await server()).replace('https', 'http'))).toMatch(/ (000|400)$/);
  });

  it('cannot be asked for exec without a token', async () => {
    const path = '/api/v1/namespaces/kube-system/pods/x/exec?command=id';
    const upgrade = ['-H', 'Connection: Upgrade', '-H', 'Upgrade: websocket', '-H', 'Sec-WebSocket-Version: 13'];
    const key = ['-H', 'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==', '--http1.1'];
    expect(request(undefined, ...upgrade, ...key, `${await server()}${path}`)).toMatch(/ 401$/);
  });
});

describe('files', () => {
  it('are the lab’s user’s alone: folders 0700 or below one, kubeconfig and sockets 0600', () => {
    const directory = stateDirectory(lab().name);
    expect(statSync(directory.path).mode & 0o777).toBe(0o700);
    const secrets = readdirSync(directory.path, { withFileTypes: true })
      .filter((entry) => entry.isFile() || entry.isSocket())
      .map(({ name }) => ({ name, mode: (statSync(join(directory.path, name)).mode & 0o777).toString(8) }));
    expect(secrets.map(({ name }) => name)).toEqual(expect.arrayContaining(['kubeconfig', 'daemon.sock', 'pods.sock']));
    for (const secret of secrets) expect(secret).toEqual({ ...secret, mode: '600' });
  });

  it('let no other user in', () => {
    const nobody = ['--reuid', '65534', '--regid', '65534', '--clear-groups'];
    const cli = [process.execPath, join(ROOT, 'src/cli/main.ts'), 'status', '--name', lab().name];
    const { status, stdout } = spawnSync('setpriv', [...nobody, ...cli], { encoding: 'utf8' });
    expect(status).not.toBe(0);
    expect(stdout).toBe('');
  });

  it('alone hold the token: no command line has it', async () => {
    const token = await kubectl(lab(), ['config', 'view', '--raw', '-o', 'jsonpath={.users[0].user.token}']);
    expect(token.length).toBeGreaterThan(30);
    const commands = readdirSync('/proc')
      .filter((entry) => /^\d+$/.test(entry))
      .map((pid) => commandLine(pid));
    expect(commands.filter((command) => command.includes(token))).toEqual([]);
  });
});
