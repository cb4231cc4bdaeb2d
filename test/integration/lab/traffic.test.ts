/** The main job: a lab, manifests applied by kubectl, traffic from a pod, a node and the outside client, names, and nothing left. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { identifyProcess } from '../../../src/kernel/processes.ts';
import type { LabHandle } from '../../../src/lab/lab-handle.ts';
import { readRecord } from '../../../src/lab/record.ts';
import { stateDirectory } from '../../../src/lab/state-directory.ts';
import { withLab } from './fixture.ts';

const ROOT = join(import.meta.dirname, '../../..');

const WEB = `apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 3
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: nginx, image: nginx}]}
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec:
  type: NodePort
  selector: {app: web}
  ports: [{port: 80, nodePort: 30078}]
---
apiVersion: v1
kind: Pod
metadata: {name: shell}
spec: {containers: [{name: shell, image: busybox, command: [sleep, infinity]}]}
`;

/** kubectl that must succeed; what it printed. */
async function kubectl(lab: LabHandle, args: readonly string[], stdin?: string): Promise<string> {
  const { exitCode, stdout, stderr } = await lab.kubectl(args, stdin);
  expect({ args, exitCode, stderr: exitCode === 0 ? '' : stderr }).toEqual({ args, exitCode: 0, stderr: '' });
  return stdout;
}

async function applyWeb(lab: LabHandle): Promise<void> {
  await kubectl(lab, ['apply', '-f', '-'], WEB);
  await kubectl(lab, ['wait', '--for=condition=Available', 'deploy/web', '--timeout=30s']);
  await kubectl(lab, ['wait', '--for=condition=Ready', 'pod/shell', '--timeout=30s']);
  await lab.programmed();
}

/** The pods that answered `count` requests, each by its name. */
async function answersFrom(lab: LabHandle, from: string, url: string, count: number): Promise<Set<string>> {
  const loop = `for i in $(seq ${count}); do curl -s -m 5 ${url} || echo failed; done`;
  const { stdout } = await lab.exec(from, ['sh', '-c', loop], { timeoutMs: 60_000 });
  expect(stdout).not.toContain('failed');
  return new Set([...stdout.matchAll(/^pod: (\S+)/gm)].map((match) => match[1]!));
}

describe('the main job', { timeout: 120_000 }, () => {
  it('balances a Service over pods on two nodes, from a pod, a node and the outside client', async () => {
    await withLab({}, async (lab) => {
      await applyWeb(lab);
      const pods = (await lab.snapshot()).pods.filter(({ name }) => name.startsWith('web-'));
      expect(new Set(pods.map(({ node }) => node))).toEqual(new Set(['node-1', 'node-2']));
      const names = new Set(pods.map(({ name }) => name));
      const clusterIP = (await lab.snapshot()).services.find(({ name }) => name === 'web')!.clusterIP;
      expect(await answersFrom(lab, 'shell', 'http://web/', 40)).toEqual(names);
      expect(await answersFrom(lab, 'node-1', `http://${clusterIP}/`, 40)).toEqual(names);
      for (const node of ['192.168.1.10', '192.168.1.11', '192.168.1.12'])
        expect(await answersFrom(lab, 'client', `http://${node}:30078/`, 40)).toEqual(names);
    });
  });

  it('resolves names in a pod, runs programs in it, shows its logs', async () => {
    await withLab({}, async (lab) => {
      await applyWeb(lab);
      const lookup = await lab.exec('shell', ['nslookup', 'web.default.svc.cluster.local']);
      expect(lookup.stdout).toMatch(/Server:\s+10\.96\.0\.10/);
      expect(await kubectl(lab, ['exec', 'shell', '--', 'cat', '/etc/resolv.conf'])).toContain(
        'search default.svc.cluster.local svc.cluster.local cluster.local',
      );
      expect((await lab.exec('default/shell', ['hostname'])).stdout).toBe('shell\n');
      expect(await lab.exec('shell', ['sh', '-c', 'exit 7'])).toMatchObject({ exitCode: 7 });
      expect(await kubectl(lab, ['logs', '-n', 'kube-system', '-l', 'k8s-app=kube-dns'])).toContain('.:53');
    });
  });

  it('takes the sources’ addresses in lab/sources.yaml, and refuses them in Kubernetes’ words in the default lab', async () => {
    const service = (clusterIP: string) =>
      `apiVersion: v1\nkind: Service\nmetadata: {name: s}\nspec: {clusterIP: ${clusterIP}, ports: [{port: 80}]}\n`;
    await withLab({ file: join(ROOT, 'lab/sources.yaml'), nodes: 2 }, async (lab) => {
      for (const ip of ['10.10.5.28', '10.0.160.10', '172.17.188.5']) {
        await kubectl(lab, ['apply', '-f', '-'], service(ip));
        await kubectl(lab, ['delete', 'service', 's']);
      }
    });
    await withLab({ nodes: 2 }, async (lab) => {
      const { exitCode, stderr } = await lab.kubectl(['apply', '-f', '-'], service('10.10.5.28'));
      expect(exitCode).toBe(1);
      expect(stderr).toMatch(/spec\.clusterIPs: Invalid value: .*10\.10\.5\.28/);
    });
  });

  it('starts the stand-ins again after their process was killed', async () => {
    await withLab({}, async (lab) => {
      await applyWeb(lab);
      const { processes } = readRecord(stateDirectory(lab.name).record);
      process.kill(processes.findLast(({ role }) => role === 'pods')!.pid, 'SIGKILL');
      const deadline = Date.now() + 60_000;
      const isBack = async () => {
        const { pods } = await lab.snapshot();
        const web = pods.filter(({ name }) => name.startsWith('web-'));
        return web.every(({ ready, restarts }) => ready && restarts === 1);
      };
      while (!(await isBack())) {
        expect(Date.now()).toBeLessThan(deadline);
        await sleep(50);
      }
      await lab.programmed();
      expect((await answersFrom(lab, 'client', 'http://192.168.1.11:30078/', 40)).size).toBe(3);
    });
  });

  it('leaves nothing when it is removed under traffic, with shells open in it', async () => {
    const started: number[] = [];
    await withLab({}, async (lab) => {
      await applyWeb(lab);
      const inside = (netns: string, script: string) => {
        const child = spawn('ip', ['netns', 'exec', netns, 'sh', '-c', script], { stdio: 'ignore' });
        started.push(child.pid!);
      };
      inside(await lab.netnsOf('client'), 'while :; do curl -s -m 1 http://192.168.1.11:30078/ >/dev/null; done');
      inside(await lab.netnsOf('shell'), 'sleep 1000 & ping -i 0.1 192.168.1.1');
      inside(await lab.netnsOf('node-1'), 'trap "" TERM INT HUP; sleep 1000');
      // A child that went into a network namespace of its own is the lab's all the same.
      inside(await lab.netnsOf('node-2'), 'unshare --net sleep 1000 & wait');
      await kubectl(lab, ['exec', 'shell', '--', 'sh', '-c', 'sleep 1000 >/dev/null 2>&1 & exit 0']);
    });
    expect(started.map((pid) => identifyProcess(pid)).filter((found) => found !== undefined)).toEqual([]);
  });
});
