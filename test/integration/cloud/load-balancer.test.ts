/** Services of type LoadBalancer on a real lab: from the outside client, while members, Services and processes come and go. */
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { namespaceSockets } from '../../../src/kernel/namespace-sockets.ts';
import { namespaceInode } from '../../../src/kernel/namespace-window.ts';
import { isInstalled } from '../../../src/kernel/packages.ts';
import { identifyProcess, isRunning, listProcesses, signalProcess } from '../../../src/kernel/processes.ts';
import { readRecord } from '../../../src/lab/record.ts';
import { stateDirectory } from '../../../src/lab/state-directory.ts';
import { up } from '../../../src/lab/up.ts';
import { kubectl, podsOf, run, sharedLab } from '../journeys/shared-lab.ts';
import { eventually } from '../node/lab-node.ts';
import { askOnce, lostOf, underLoad } from './load.ts';

const lab = sharedLab();
const client = () => lab().netnsOf('client');

const POD = (name: string, node: string, app: string, container: string) => `---
apiVersion: v1
kind: Pod
metadata: {name: ${name}, labels: {app: ${app}}}
spec: {nodeName: ${node}, terminationGracePeriodSeconds: 0, containers: [${container}]}
`;
const SERVICE = (name: string, app: string, spec: string) => `---
apiVersion: v1
kind: Service
metadata: {name: ${name}}
spec: {type: LoadBalancer, selector: {app: ${app}}, ${spec}}
`;
const WEB =
  POD('far', 'node-2', 'far', '{name: web, image: nginx}') +
  POD('net', 'node-1', 'net', '{name: net, image: agnhost, args: [netexec, --udp-port=8081]}') +
  SERVICE('far', 'far', 'ports: [{port: 80}]') +
  SERVICE('udp', 'net', 'ports: [{name: u, port: 53, targetPort: 8081, protocol: UDP}]') +
  SERVICE('walled', 'far', 'ports: [{port: 80}], loadBalancerSourceRanges: [192.168.1.101/32]') +
  SERVICE('many', 'far', 'ports: [{name: a, port: 80}, {name: b, port: 8080, targetPort: 80}]');

const addressOf = async (service: string): Promise<string> => {
  const path = 'jsonpath={.status.loadBalancer.ingress[0].ip}';
  return await eventually(async () => (await kubectl(lab(), ['get', 'service', service, '-o', path])) || false);
};

/** What HAProxy says of each server: `section/server` → `UP`, `DOWN`, `no check`. */
async function servers(): Promise<Map<string, string>> {
  const csv = await run(lab(), 'cloud', 'curl', '-s', 'http://127.0.0.1:8404/;csv');
  return new Map(
    csv
      .split('\n')
      .map((line) => line.split(','))
      .map((cells) => [`${cells[0]}/${cells[1]}`, cells[17] ?? '']),
  );
}

/** Answers to a UDP question, asked again until one comes. */
async function askUdp(address: string): Promise<string> {
  const socket = await namespaceSockets.bindUdp(await client(), { host: '192.168.1.100', port: 0 });
  try {
    let answer = '';
    socket.on('message', (message) => {
      answer = message.toString().trim();
    });
    return await eventually(async () => {
      socket.send('hostname', 53, address);
      await sleep(50);
      return answer || false;
    });
  } finally {
    socket.close();
  }
}

/** Without the daemon, which may be dead. */
const haproxies = () => {
  const inode = namespaceInode(`${lab().name}.cloud`);
  return listProcesses().filter(({ netns }) => netns === inode);
};

describe.skipIf(!isInstalled('haproxy'))('behind HAProxy (skipped without it: apt-get install haproxy)', () => {
  it('kubectl expose gives a Deployment an address outside; both workers are members, the control plane is not', async () => {
    await kubectl(lab(), ['create', 'deployment', 'nginxv1', '--image=nginx', '--replicas=3']);
    await kubectl(lab(), ['expose', 'deployment', 'nginxv1', '--port=8081', '--target-port=80', '--type=LoadBalancer']);
    await kubectl(lab(), ['wait', '--for=condition=Available', 'deployment/nginxv1', '--timeout=30s']);
    expect(await addressOf('nginxv1')).toBe('203.0.113.1');
    await lab().programmed();
    const answers = await underLoad(await client(), 'http://203.0.113.1:8081/', () => sleep(300));
    expect(lostOf(answers)).toEqual([]);
    const pods = new Set(answers.map(({ body }) => /^pod: (\S+)/m.exec(body)?.[1]));
    expect([...pods].sort()).toEqual(await podsOf(lab(), 'app=nginxv1'));
    expect([...(await servers()).keys()].filter((key) => key.startsWith('nodes/node'))).toEqual([
      'nodes/node-1',
      'nodes/node-2',
    ]);
  });

  it('loses no connection while members and other Services come and go', async () => {
    const label = (value: string) =>
      kubectl(lab(), ['label', 'node', 'node-1', `node.kubernetes.io/exclude-from-external-load-balancers${value}`]);
    const answers = await underLoad(await client(), 'http://203.0.113.1:8081/', async () => {
      await label('=');
      await eventually(async () => !(await servers()).has('nodes/node-1'));
      await kubectl(lab(), ['apply', '-f', '-'], WEB);
      await label('-');
      for (const name of ['far', 'udp', 'walled', 'many']) await addressOf(name);
      await eventually(async () => (await servers()).has('default_many_8080/node-1'));
    });
    expect(lostOf(answers)).toEqual([]);
    expect(answers.length).toBeGreaterThan(50);
    await kubectl(lab(), ['wait', '--for=condition=Ready', 'pod/far', 'pod/net', '--timeout=30s']);
    await lab().programmed();
  });

  it('balances UDP, and every port of a Service', async () => {
    expect(await askUdp(await addressOf('udp'))).toBe('net');
    const address = await addressOf('many');
    for (const port of [80, 8080])
      expect(await run(lab(), 'client', 'curl', '-s', '-m', '5', `http://${address}:${port}/`)).toContain('pod: far');
  });

  it('lets in only the clients of loadBalancerSourceRanges', async () => {
    const url = `http://${await addressOf('walled')}/`;
    const refused = await lab().exec('client', ['curl', '-s', '-m', '1', url]);
    expect(refused.exitCode).toBe(28); // no answer at all
    const ranges = '{"spec":{"loadBalancerSourceRanges":["192.168.1.101/32","192.168.1.96/28"]}}';
    await kubectl(lab(), ['patch', 'service', 'walled', '-p', ranges]);
    await eventually(async () => (await lab().exec('client', ['curl', '-s', '-m', '1', url])).exitCode === 0);
  });

  it('an address nobody has is refused at once', async () => {
    expect((await askOnce(await client(), 'http://203.0.113.99/')).error).toContain('EHOSTUNREACH');
  });

  it('a cut node leaves the pool by its health check, and from then on no request is lost', async () => {
    const cable = async (state: string) => {
      const argv = ['ip', 'link', 'set', 'dev', 'node-1', state] as const;
      expect(await lab().kernel.read(`${lab().name}.fabric`, argv)).toMatchObject({ exitCode: 0 });
    };
    let noticedAt = 0;
    const url = `http://${await addressOf('far')}/`;
    const whileCut = async () => {
      await cable('down');
      const cutAt = Date.now();
      await eventually(async () => (await servers()).get('nodes/node-1')?.startsWith('DOWN'));
      noticedAt = Date.now();
      process.stdout.write(`the health check noticed the cut node after ${noticedAt - cutAt} ms\n`);
      expect((await servers()).get('nodes/node-2')).toMatch(/^UP/);
      // Longer than what was under way to the node at the cut takes to be given up.
      await sleep(1_100);
    };
    const answers = await underLoad(await client(), url, whileCut, { timeoutMs: 1_000 });
    await cable('up');
    const afterwards = answers.filter(({ at }) => at >= noticedAt);
    expect(lostOf(afterwards)).toEqual([]);
    expect(afterwards.length).toBeGreaterThan(10);
    await eventually(async () => (await servers()).get('nodes/node-1')?.startsWith('UP'));
  });

  it('goes on while the daemon is dead, and is taken over by the next', async () => {
    const { name } = lab();
    const answers = await underLoad(await client(), `http://${await addressOf('far')}/`, async () => {
      const daemons = readRecord(stateDirectory(name).record).processes.filter(({ role }) => role === 'daemon');
      for (const identity of daemons) signalProcess(identity, 'SIGKILL');
      await eventually(async () => !daemons.some(isRunning));
      // Every health check fails now, since the kube-proxies died with it.
      await sleep(1_500);
      const before = haproxies();
      await up({ name }, () => undefined);
      await eventually(async () => !haproxies().some(({ pid }) => before.some((old) => old.pid === pid)));
    });
    expect(lostOf(answers)).toEqual([]);
    expect(
      await kubectl(lab(), ['get', 'service', 'nginxv1', '-o', 'jsonpath={.status.loadBalancer.ingress[*].ip}']),
    ).toBe('203.0.113.1');
  });

  it('is started again when it dies', async () => {
    const [running] = haproxies();
    signalProcess(identifyProcess(running!.pid)!, 'SIGKILL');
    const url = `http://${await addressOf('far')}/`;
    await eventually(async () => (await lab().exec('client', ['curl', '-s', '-m', '1', url])).exitCode === 0);
  });

  it('leaves nothing in its namespace with the last Service', async () => {
    await kubectl(lab(), ['delete', 'service', 'nginxv1', 'far', 'udp', 'walled', 'many']);
    await eventually(async () => haproxies().length === 0);
    const look = async () => {
      const addresses = await run(lab(), 'cloud', 'ip', '-o', '-4', 'address', 'show', 'dev', 'lo');
      return addresses + (await run(lab(), 'cloud', 'iptables-save'));
    };
    await eventually(async () => !/203\.0\.113|-A /.test(await look()));
  });
});
