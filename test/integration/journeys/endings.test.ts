/** However a lab ends, nothing is left; and what it was can be built without podwire. */
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { identifyProcess } from '../../../src/kernel/processes.ts';
import type { LabHandle } from '../../../src/lab/lab-handle.ts';
import { upLab } from '../../../src/lab/open-lab.ts';
import { readRecord } from '../../../src/lab/record.ts';
import { stateDirectory } from '../../../src/lab/state-directory.ts';
import { leavingNothing, uniqueLabName } from '../lab/fixture.ts';
import { hostNetworkFacts, tracesOf } from '../lab/host-facts.ts';
import { answering, kubectl, ROOT, source } from './shared-lab.ts';

const CLI = join(ROOT, 'src/cli/main.ts');
const cleanUp: (() => void)[] = [];
afterEach(() => {
  for (const action of cleanUp.splice(0).reverse()) action();
});

/** Two web pods on two nodes behind NodePort 30078. */
async function withPods(lab: LabHandle): Promise<void> {
  await kubectl(lab, ['apply', '-f', source('001-nodeport.yaml')]);
  await kubectl(lab, [
    'create',
    'deployment',
    'app1',
    '--image=nginx',
    '--replicas=2',
    '--dry-run=client',
    '-o',
    'json',
  ]).then((json) => {
    const deployment = JSON.parse(json);
    deployment.spec.selector.matchLabels = { dep: 'app1-pod' };
    deployment.spec.template.metadata.labels = { dep: 'app1-pod' };
    return kubectl(lab, ['apply', '-f', '-'], JSON.stringify(deployment));
  });
  await kubectl(lab, ['wait', '--for=condition=Available', 'deployment/app1', '--timeout=30s']);
  await lab.programmed();
}

describe('kill -9 of the daemon under traffic', () => {
  it('leaves the network as it stands; down then removes everything, the traffic’s programs too', async () => {
    const name = uniqueLabName();
    const started: number[] = [];
    await leavingNothing(name, async () => {
      const lab = await upLab({ name });
      await withPods(lab);
      const client = await lab.netnsOf('client');
      const inside = (netns: string, script: string) =>
        started.push(spawn('ip', ['netns', 'exec', netns, 'sh', '-c', script], { stdio: 'ignore' }).pid!);
      inside(client, 'while :; do curl -s -m 1 http://192.168.1.11:30078/ >/dev/null; done');
      inside(await lab.netnsOf('node-2'), 'ping -i 0.05 192.168.1.10');
      expect(await answering(lab, 'client', 'http://192.168.1.11:30078/', 20)).toHaveLength(2);
      const daemon = readRecord(stateDirectory(name).record).processes.find(({ role }) => role === 'daemon')!.pid;
      process.kill(daemon, 'SIGKILL');
      await expect.poll(() => identifyProcess(daemon)).toBeUndefined();
      // The kernel's rules and the pods' servers do not need the daemon.
      const answer = () =>
        spawnSync('ip', ['netns', 'exec', client, 'curl', '-s', '-m', '2', 'http://192.168.1.12:30078/']).status;
      expect(answer()).toBe(0);
      lab.close();
      expect(spawnSync(process.execPath, [CLI, 'down', '--name', name]).status).toBe(0);
    });
    await expect.poll(() => started.filter((pid) => identifyProcess(pid) !== undefined)).toEqual([]);
  });
});

describe('journal --as-script', () => {
  it('rebuilds nodes, pods and rules on a machine that has neither podwire nor node', async () => {
    const name = uniqueLabName();
    const host = hostNetworkFacts();
    let script = '';
    let pods: string[] = [];
    await leavingNothing(name, async () => {
      const lab = await upLab({ name });
      await withPods(lab);
      pods = (await lab.snapshot()).pods
        .filter((pod) => pod.name.startsWith('app1-'))
        .map((pod) => `${pod.name} ${pod.ip}`);
      script = spawnSync(process.execPath, [CLI, 'journal', '--as-script', '--name', name], {
        encoding: 'utf8',
      }).stdout;
      lab.close();
    });
    const folder = mkdtempSync(join(tmpdir(), 'podwire-script-'));
    cleanUp.push(() => rmSync(folder, { recursive: true }));
    // Nothing but the tools the script's own commands name.
    const tools = 'sh ip bridge iptables-restore ip6tables-restore nfacct sysctl conntrack ethtool cat rm mkdir true';
    for (const tool of tools.split(' ')) {
      const path = spawnSync('sh', ['-c', `command -v ${tool}`], { encoding: 'utf8' }).stdout.trim();
      if (path.startsWith('/')) symlinkSync(path, join(folder, tool));
    }
    const file = join(folder, 'lab.sh');
    writeFileSync(file, script);
    const sh = (...args: string[]) =>
      spawnSync('/bin/sh', [file, ...args], { encoding: 'utf8', env: { PATH: folder }, cwd: folder });
    cleanUp.push(() => sh('down'));
    expect(sh()).toMatchObject({ status: 0, stderr: '' });

    const [[one], [, otherIp]] = pods.map((pod) => pod.split(' ')) as [[string, string], [string, string]];
    const inside = (netns: string, ...argv: string[]) =>
      spawnSync('ip', ['netns', 'exec', `${name}.${netns}`, ...argv], { encoding: 'utf8' });
    // From a pod on one node to a pod on the other: bridge, VXLAN, bridge.
    expect(inside(`default.${one}`, 'ping', '-c1', '-W2', otherIp)).toMatchObject({ status: 0 });
    expect(inside('node-1', 'iptables-save', '-t', 'nat').stdout).toContain('--dport 30078 -j KUBE-EXT-');
    expect(sh('down')).toMatchObject({ status: 0 });
    expect(tracesOf(name)).toEqual([]);
    expect(hostNetworkFacts()).toEqual(host);
  });
});

describe('two up of one name, as two commands', () => {
  it('one builds the lab, the other is refused with three lines', async () => {
    const name = uniqueLabName();
    await leavingNothing(name, async () => {
      const attempt = () =>
        new Promise<{ code: number | null; stderr: string }>((resolve) => {
          const child = spawn(process.execPath, [CLI, 'up', '--name', name, '--nodes', '1'], {
            stdio: ['ignore', 'ignore', 'pipe'],
          });
          let stderr = '';
          child.stderr.on('data', (chunk) => (stderr += chunk));
          child.on('close', (code) => resolve({ code, stderr }));
        });
      const results = await Promise.all([attempt(), attempt()]);
      expect(results.map(({ code }) => code).sort()).toEqual([0, 1]);
      expect(results.find(({ code }) => code === 1)!.stderr).toMatch(/^podwire: .+\n {2}why: .+\n {2}do: {2}.+\n$/);
      expect(spawnSync(process.execPath, [CLI, 'status', '--name', name]).status).toBe(0);
    });
  });
});
