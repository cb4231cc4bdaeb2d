/** A lab whose daemon was killed is taken over by the next `up`: nothing acknowledged is lost, what stands goes on, the rest is made again. */
import { execFileSync } from 'node:child_process';
import { readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { isRunning, listProcesses, namespaceOf, signalProcess } from '../../../src/kernel/processes.ts';
import { DaemonClient } from '../../../src/lab/daemon-client.ts';
import { readIdentity } from '../../../src/lab/identity.ts';
import type { LabHandle } from '../../../src/lab/lab-handle.ts';
import { connectLab } from '../../../src/lab/open-lab.ts';
import { readRecord } from '../../../src/lab/record.ts';
import { stateDirectory } from '../../../src/lab/state-directory.ts';
import { standingNamespaces } from '../../../src/lab/tear-down.ts';
import { type UpOptions, up } from '../../../src/lab/up.ts';
import { PODS } from '../../../src/objects/resource.ts';
import type { Pod } from '../../../src/objects/wire.ts';
import { uniqueLabName, withLab } from './fixture.ts';

/** Events of all but the nodes, whose kube-proxies say that they start. */
const OF_PODS = ['get', 'events', '--field-selector', 'involvedObject.kind!=Node', '-o', 'name'];

const WEB = `apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 3
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - {name: nginx, image: nginx, readinessProbe: {httpGet: {port: 80}, periodSeconds: 1}}
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {type: NodePort, selector: {app: web}, ports: [{port: 80, nodePort: 30078}]}
---
apiVersion: v1
kind: Pod
metadata: {name: counter}
spec:
  terminationGracePeriodSeconds: 0
  containers:
  - {name: counter, image: busybox, command: [sh, -c, 'i=0; while :; do i=$((i+1)); echo $i; sleep 0.1; done']}
`;
const NODES = ['192.168.1.10', '192.168.1.11', '192.168.1.12'];

async function kubectl(lab: LabHandle, args: readonly string[], stdin?: string): Promise<string> {
  const { exitCode, stdout, stderr } = await lab.kubectl(args, stdin);
  expect({ args, exitCode, stderr: exitCode === 0 ? '' : stderr }).toEqual({ args, exitCode: 0, stderr: '' });
  return stdout;
}

async function applyWeb(lab: LabHandle): Promise<void> {
  await kubectl(lab, ['apply', '-f', '-'], WEB);
  await kubectl(lab, ['wait', '--for=condition=Available', 'deploy/web', '--timeout=30s']);
  await kubectl(lab, ['wait', '--for=condition=Ready', 'pod/counter', '--timeout=30s']);
  await lab.programmed();
}

/** Kills what the record knows of a role, and waits until it is gone. */
async function kill(name: string, role: 'daemon' | 'pods'): Promise<void> {
  const recorded = readRecord(stateDirectory(name).record).processes.filter((candidate) => candidate.role === role);
  for (const identity of recorded) signalProcess(identity, 'SIGKILL');
  while (recorded.some(isRunning)) await sleep(2);
}

/** Takes the lab over; what `up` had to say besides. */
async function adopt(name: string, options: UpOptions = {}): Promise<string[]> {
  const notes: string[] = [];
  await up({ ...options, name, onNote: (text) => notes.push(text) }, () => undefined);
  return notes;
}

/** From the outside client to the Service, by any node; no daemon is needed for it. */
function ask(name: string, node: string): string {
  return execFileSync('ip', ['netns', 'exec', `${name}.client`, 'curl', '-s', '-m', '5', `http://${node}:30078/`], {
    encoding: 'utf8',
  });
}

function expectService(name: string): void {
  for (const node of NODES) expect(ask(name, node)).toMatch(/^pod: web-/);
}

async function pods(lab: LabHandle): Promise<Pod[]> {
  return (await lab.transport.list(PODS)).items;
}

/** What must not change of a pod that was never disturbed. */
const facts = (all: readonly Pod[]) =>
  all
    .map(({ metadata, spec, status }) => ({
      uid: metadata?.uid,
      node: spec?.nodeName,
      ip: status?.podIP,
      containers: status?.containerStatuses?.map(({ containerID, restartCount, ready, started, state }) => ({
        ...{ containerID, restartCount, ready, started },
        startedAt: state?.running?.startedAt,
      })),
    }))
    .sort((a, b) => (a.uid! < b.uid! ? -1 : 1));

/** The shells of a pod, each the same process as long as it has the same pid and start time. */
function programsOf(name: string, pod: string) {
  const netns = namespaceOf(`/run/netns/${name}.default.${pod}`);
  const shells = listProcesses().filter((candidate) => candidate.netns === netns);
  expect(shells.length).toBeGreaterThan(2);
  const comm = (pid: number) => readFileSync(`/proc/${pid}/comm`, 'utf8').trim();
  return shells
    .filter(({ pid }) => comm(pid) !== 'sleep')
    .map(({ pid, startTime }) => `${comm(pid)} ${pid} ${startTime}`)
    .sort();
}

const inNode = (name: string, node: string, command: string) =>
  execFileSync('ip', ['netns', 'exec', `${name}.${node}`, 'sh', '-c', command], { encoding: 'utf8' });

describe('a lab whose daemon was killed', { timeout: 120_000 }, () => {
  it('is taken over as it was: objects, addresses, containers, kubeconfig; its Services serve meanwhile', async () => {
    await withLab({}, async (lab) => {
      const { name } = lab;
      const directory = stateDirectory(name);
      await applyWeb(lab);
      const before = await pods(lab);
      const kubeconfig = readFileSync(directory.kubeconfig, 'utf8');
      const events = await kubectl(lab, OF_PODS);
      const namespaces = standingNamespaces(readRecord(directory.record));
      const programs = programsOf(name, 'counter');
      await lab.exec('counter', ['true']);
      await kill(name, 'daemon');
      expectService(name);
      await expect(connectLab(name)).rejects.toMatchObject({ remedy: expect.stringContaining('podwire up --name') });
      expect(await adopt(name)).toEqual([`the daemon of the lab "${name}" has died; taking over what it left`]);
      expectService(name);
      expect(readFileSync(directory.kubeconfig, 'utf8')).toBe(kubeconfig);
      for (const path of [directory.identity, directory.objects, directory.kubeconfig])
        expect(statSync(path).mode & 0o777).toBe(0o600);
      expect(facts(await pods(lab))).toEqual(facts(before));
      expect(standingNamespaces(readRecord(directory.record))).toEqual(namespaces);
      expect(programsOf(name, 'counter')).toEqual(programs);
      const counted = (await kubectl(lab, ['logs', 'counter'])).trim().split('\n').map(Number);
      expect(counted).toEqual(counted.map((_, index) => counted[0]! + index));
      expect((await lab.exec('counter', ['hostname'])).stdout).toBe('counter\n');
      // Nothing was started or changed, so nothing is said of it.
      expect(await kubectl(lab, OF_PODS)).toBe(events);
      expect(await kubectl(lab, ['rollout', 'status', 'deploy/web', '--timeout=10s'])).toContain('successfully');
      await kubectl(lab, ['scale', 'deploy/web', '--replicas=4']);
      await kubectl(lab, ['rollout', 'status', 'deploy/web', '--timeout=30s']);
      await lab.programmed();
      const ips = (await pods(lab)).map(({ status }) => status?.podIP);
      expect(new Set(ips).size).toBe(ips.length);
      expectService(name);
      await expect(up({ name }, () => undefined)).rejects.toThrow(`the lab "${name}" is up already`);
    });
  });

  it('has rules, routes and cables set right that were changed meanwhile', async () => {
    await withLab({}, async (lab) => {
      const { name } = lab;
      await applyWeb(lab);
      const rules = (node: string) =>
        inNode(name, node, 'iptables-save')
          .replace(/^#.*\n|^:.*\n/gm, '')
          .replace(/ --probability \S+/g, '')
          .split('\n')
          .sort();
      const before = ['control-plane', 'node-1', 'node-2'].map(rules);
      await kill(name, 'daemon');
      const changes: [string, string][] = [
        ['control-plane', 'iptables -t nat -F'],
        [
          'node-1',
          'iptables -t nat -D PREROUTING 1; iptables -t nat -I KUBE-SERVICES -j RETURN; iptables -F KUBE-FIREWALL',
        ],
        ['node-1', 'iptables -t nat -N KUBE-SVC-STALESTALESTALES; iptables -P FORWARD DROP; iptables -F FORWARD'],
        ['node-1', 'sysctl -qw net.ipv4.ip_forward=0; bridge fdb flush dev flannel.1; ip neigh flush nud permanent'],
        // With it goes flannel.1, and on the other side the port of the switch.
        ['node-2', 'ip link delete eth0'],
        ['fabric', 'ip link set node-1 nomaster; ip link set client down'],
        ['client', 'ip addr flush dev eth0'],
      ];
      for (const [where, command] of changes) inNode(name, where, command);
      expect(() => ask(name, NODES[1]!)).toThrow();
      await adopt(name);
      inNode(name, 'node-1', 'iptables -P FORWARD ACCEPT');
      expectService(name);
      expect(['control-plane', 'node-1', 'node-2'].map(rules)).toEqual(before);
    });
  });

  it('is built anew from its objects when only its files are left', async () => {
    await withLab({}, async (lab) => {
      const { name } = lab;
      await applyWeb(lab);
      const before = (await pods(lab)).map(({ metadata }) => metadata!.uid).sort();
      await kill(name, 'daemon');
      await kill(name, 'pods');
      const standing = standingNamespaces(readRecord(stateDirectory(name).record));
      const inodes = new Set(standing.values());
      for (const holder of listProcesses().filter(({ netns }) => inodes.has(netns))) signalProcess(holder, 'SIGKILL');
      for (const netns of standing.keys()) execFileSync('ip', ['netns', 'delete', netns]);
      // After a reboot of a machine whose /run is no tmpfs, files lie there that are no namespaces.
      writeFileSync(`/run/netns/${name}.gateway`, '');
      await adopt(name);
      expect((await pods(lab)).map(({ metadata }) => metadata!.uid).sort()).toEqual(before);
      await kubectl(lab, ['wait', '--for=condition=Available', 'deploy/web', '--timeout=30s']);
      await lab.programmed();
      expectService(name);
      const restarts = (await pods(lab)).flatMap(({ status }) => status?.containerStatuses ?? []);
      expect(restarts.map(({ restartCount }) => restartCount)).toEqual(restarts.map(() => 1));
    });
  });

  it('keeps the modes its kube-proxies were changed to, and none of the rules of another', async () => {
    await withLab({ nodes: 2 }, async (lab) => {
      const { name } = lab;
      await applyWeb(lab);
      const tables = (node: string) => inNode(name, node, 'nft list tables; iptables-save | grep -c KUBE-SVC || :');
      const first = tables('node-1');
      await new DaemonClient(name, stateDirectory(name).socket).switchProxyMode({ mode: 'nftables', node: 'node-1' });
      const { record } = stateDirectory(name);
      const before = ['control-plane', 'node-1'].map(tables);
      await kill(name, 'daemon');
      await adopt(name);
      expect(['control-plane', 'node-1'].map(tables)).toEqual(before);
      expect((await lab.snapshot()).nodes.map(({ proxy }) => proxy.mode)).toEqual(['iptables', 'nftables']);
      expect(ask(name, NODES[1]!)).toMatch(/^pod: web-/);
      await kill(name, 'daemon');
      // As if it had died on the way to another mode.
      writeFileSync(record, `\n${JSON.stringify({ made: 'proxy-mode', node: 'node-1', mode: 'iptables' })}`, {
        flag: 'a',
      });
      await adopt(name);
      expect(tables('node-1').match(/kube-proxy|^\d+$/gm)).toEqual(first.match(/kube-proxy|^\d+$/gm));
      expect(ask(name, NODES[1]!)).toMatch(/^pod: web-/);
    });
  });

  it('lets go of what no object asks for, and ends what was being deleted', async () => {
    await withLab({}, async (lab) => {
      const { name } = lab;
      await applyWeb(lab);
      const slow = 'sleep 2';
      await kubectl(lab, [
        'run',
        'leaving',
        '--image=nginx',
        `--overrides=${JSON.stringify({
          apiVersion: 'v1',
          spec: {
            containers: [
              { name: 'leaving', image: 'nginx', lifecycle: { preStop: { exec: { command: ['sh', '-c', slow] } } } },
            ],
          },
        })}`,
      ]);
      await kubectl(lab, ['wait', '--for=condition=Ready', 'pod/leaving', '--timeout=30s']);
      await kubectl(lab, ['delete', 'pod', 'leaving', '--wait=false']);
      await kill(name, 'daemon');
      // As if it had died between the namespace and the pod's end, and between a name written down and the namespace.
      const { record } = stateDirectory(name);
      execFileSync('ip', ['netns', 'add', `${name}.default.stray`]);
      const { ino } = statSync(`/run/netns/${name}.default.stray`);
      const line = (fields: object) => writeFileSync(record, `\n${JSON.stringify(fields)}`, { flag: 'a' });
      line({ made: 'netns', name: `${name}.default.stray` });
      line({ made: 'netns-inode', name: `${name}.default.stray`, inode: ino });
      line({ made: 'netns', name: `${name}.default.never` });
      await adopt(name);
      expect([...standingNamespaces(readRecord(record)).keys()]).not.toContain(`${name}.default.stray`);
      await kubectl(lab, ['wait', '--for=delete', 'pod/leaving', '--timeout=30s']);
      expectService(name);
    });
  });

  it('survives a kill at any moment of being taken over', async () => {
    await withLab({ nodes: 2 }, async (lab) => {
      const { name } = lab;
      await applyWeb(lab);
      const before = await pods(lab);
      await kill(name, 'daemon');
      const parts: string[] = [];
      await up({ name }, ({ part }) => void parts.push(part));
      for (let moment = 0; moment < parts.length; moment += 2) {
        await kill(name, 'daemon');
        let reported = 0;
        const attempt = up({ name }, () => {
          reported += 1;
          if (reported !== moment + 1) return;
          for (const identity of readRecord(stateDirectory(name).record).processes)
            if (identity.role === 'daemon') signalProcess(identity, 'SIGKILL');
        });
        // At the last part it may be called ready before the daemon's death is known.
        await attempt.catch((error: Error) =>
          expect(error.message).toBe('the lab’s daemon died while it took over the lab'),
        );
      }
      await kill(name, 'daemon');
      await adopt(name);
      expect(facts(await pods(lab))).toEqual(facts(before));
      for (const node of NODES.slice(0, 2)) expect(ask(name, node)).toMatch(/^pod: web-/);
    });
  });
});

describe('a lab that cannot be taken over', { timeout: 60_000 }, () => {
  it('is refused, with the reason, and stays as it is', async () => {
    await withLab({ nodes: 2 }, async ({ name }) => {
      const directory = stateDirectory(name);
      await kill(name, 'daemon');
      const standing = standingNamespaces(readRecord(directory.record));
      await expect(up({ name, nodes: 3 }, () => undefined)).rejects.toMatchObject({
        message: `there is a lab "${name}" of another shape`,
      });

      execFileSync('ip', ['netns', 'add', `${name}.stranger`]);
      await expect(up({ name }, () => undefined)).rejects.toMatchObject({
        message: `the name "${name}" is in use`,
        why: expect.stringContaining(`${name}.stranger`),
      });
      execFileSync('ip', ['netns', 'delete', `${name}.stranger`]);

      const objects = readFileSync(directory.objects);
      truncateSync(directory.objects, objects.length / 2);
      await expect(up({ name }, () => undefined)).rejects.toMatchObject({
        message: `the lab "${name}" cannot be taken over: what it kept cannot be read`,
        why: `${directory.path}/objects.db: it is damaged`,
        remedy: expect.stringContaining(`podwire down --name ${name}`),
      });
      expect(standingNamespaces(readRecord(directory.record))).toEqual(standing);
      writeFileSync(directory.objects, objects);
      await adopt(name, { nodes: 2 });
    });
  });

  it('gets another port when its own is taken, and its kubeconfig says so', async () => {
    await withLab({ nodes: 2, name: uniqueLabName() }, async ({ name }) => {
      const directory = stateDirectory(name);
      const { port } = readIdentity(directory.identity).apiAddress;
      await kill(name, 'daemon');
      const other = createServer();
      await new Promise<void>((resolve) => other.listen(port, '127.0.0.1', () => resolve()));
      try {
        const notes = await adopt(name);
        expect(notes.at(-1)).toContain(`port ${port} has been taken by another program`);
      } finally {
        other.close();
      }
      const lab = await connectLab(name);
      expect((await kubectl(lab, ['get', 'nodes', '-o', 'name'])).trim().split('\n')).toHaveLength(2);
      expect(readFileSync(directory.kubeconfig, 'utf8')).not.toContain(`:${port}"`);
      lab.close();
    });
  });
});
