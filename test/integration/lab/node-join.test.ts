/** Nodes whose API server is elsewhere: reached over TLS by a kubeconfig, in another process, by every component. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadKubeconfig } from '../../../src/client/kubeconfig.ts';
import { RemoteTransport } from '../../../src/client/remote-transport.ts';
import { isRunning, signalProcess } from '../../../src/kernel/processes.ts';
import type { LabHandle } from '../../../src/lab/lab-handle.ts';
import { readRecord } from '../../../src/lab/record.ts';
import { stateDirectory } from '../../../src/lab/state-directory.ts';
import { up } from '../../../src/lab/up.ts';
import { NODES } from '../../../src/objects/resource.ts';
import { eventually } from '../scratch.ts';
import { uniqueLabName, withLab } from './fixture.ts';

const folder = mkdtempSync(join(tmpdir(), 'podwire-join-'));
const SERVER = join(import.meta.dirname, 'lone-api-server.ts');
const WEB = ['create', 'deployment', 'web', '--image=nginx', '--replicas=3'];

async function kubectl(lab: LabHandle, ...args: string[]): Promise<string> {
  const { exitCode, stdout, stderr } = await lab.kubectl(args);
  expect({ args, exitCode, stderr: exitCode === 0 ? '' : stderr }).toEqual({ args, exitCode: 0, stderr: '' });
  return stdout;
}

/** Kills what the record knows of a role, and waits until it is gone. */
async function kill(name: string, role: 'daemon' | 'uplink'): Promise<void> {
  const recorded = readRecord(stateDirectory(name).record).processes.filter((candidate) => candidate.role === role);
  expect(recorded).not.toEqual([]);
  for (const identity of recorded) signalProcess(identity, 'SIGKILL');
  await eventually(() => !recorded.some(isRunning));
}

afterAll(() => rmSync(folder, { recursive: true }));

describe('an API server that stands alone, in another process', { timeout: 60_000 }, () => {
  const kubeconfig = join(folder, 'lone');
  let server: ChildProcess;
  beforeAll(async () => {
    const flags = ['--disable-warning=ExperimentalWarning'];
    server = spawn(process.execPath, [...flags, SERVER, kubeconfig], { stdio: ['ignore', 'pipe', 'inherit'] });
    await once(server.stdout!, 'data');
  });
  afterAll(() => {
    server.kill('SIGKILL');
  });

  it('has a whole cluster beside it: scheduler, controllers, kubelets, flannel, kube-proxies, DNS; kills of any part are mended', async () => {
    const cluster = { kubeconfig, controlPlane: true };
    let joined: string[] = [];
    await withLab({ cluster }, async (lab) => {
      const { name } = lab;
      joined = [`${name}-1`, `${name}-2`];
      expect((await kubectl(lab, 'get', 'nodes', '-o', 'name')).trim().split('\n')).toEqual(
        joined.map((node) => `node/${node}`),
      );
      // Nothing of the cluster is kept here; the copy of the kubeconfig is for its user's eyes.
      const directory = stateDirectory(name);
      expect(existsSync(directory.objects)).toBe(false);
      expect(statSync(directory.kubeconfig).mode & 0o777).toBe(0o600);
      await kubectl(lab, ...WEB);
      await kubectl(lab, 'expose', 'deployment', 'web', '--port=80');
      await kubectl(lab, 'run', 'shell', '--image=busybox', '--command', '--', 'sleep', 'infinity');
      await kubectl(lab, 'wait', '--for=condition=Available', 'deploy/web', '--timeout=30s');
      await kubectl(lab, 'wait', '--for=condition=Ready', 'pod/shell', '--timeout=30s');
      const ask = async (...argv: [string, ...string[]]) => (await lab.exec('shell', argv)).stdout;
      // By its name, so by the cluster DNS; and by rules of kube-proxy.
      await eventually(async () => /^pod: web-/.test(await ask('wget', '-qO-', '-T', '3', 'http://web/')), 20_000);
      const account = '/var/run/secrets/kubernetes.io/serviceaccount';
      const api = `curl -s -m 5 --cacert ${account}/ca.crt -H "Authorization: Bearer $(cat ${account}/token)"`;
      // The API from inside: at an address that leads to the gateway, and from there to the server and nowhere else.
      expect(await ask('sh', '-c', `${api} https://10.96.0.1/version`)).toContain('"gitVersion": "v1.36.0"');
      expect(await ask('sh', '-c', 'curl -s -m 5 http://192.0.2.8:6443/; echo $?')).toBe('7\n');

      await kill(name, 'uplink');
      const notes: string[] = [];
      await up({ name, onNote: (text) => void notes.push(text) }, () => undefined);
      expect(notes).toEqual([`the way of the lab "${name}" to its API server had died; opening it again`]);
      await kubectl(lab, 'scale', 'deployment', 'web', '--replicas=5');
      await kubectl(lab, 'rollout', 'status', 'deployment/web', '--timeout=40s');

      await kill(name, 'uplink');
      await kill(name, 'daemon');
      await expect(up({ name, cluster, nodes: 3 }, () => undefined)).rejects.toThrow('of another shape');
      await up({ name, cluster }, () => undefined);
      const restarts = ['-o', 'jsonpath={.items[*].status.containerStatuses[*].restartCount}'];
      expect(await kubectl(lab, 'get', 'pods', ...restarts)).toBe('0 0 0 0 0 0');
      await kubectl(lab, 'scale', 'deployment', 'web', '--replicas=1');
      await eventually(
        async () => (await kubectl(lab, 'get', 'pods', '-l', 'app=web', '-o', 'name')).split('\n').length === 2,
        20_000,
      );
    });
    // The nodes have left the cluster.
    const transport = new RemoteTransport((await loadKubeconfig(kubeconfig)).connection);
    expect((await transport.list(NODES)).items).toEqual([]);
  });

  it.each<[string, (text: string) => string, object, RegExp]>([
    ['a context there is not', (text) => text, { context: 'nowhere' }, /context "nowhere" does not exist/],
    ['a server that is not there', (text) => text.replace(/:\d+"/, ':1"'), {}, /ECONNREFUSED/],
    ['a wrong token', (text) => text.replace('a-token', 'another'), {}, /Unauthorized/],
    ['a server without TLS', (text) => text.replace('https:', 'http:'), {}, /its server is http:/],
    ['a credential plugin', (text) => text.replace(/token: .*/, 'exec: {command: aws}'), {}, /credential plugin/],
    ['no YAML', () => 'a: [', {}, /is no YAML/],
  ])('is not joined with %s', async (title, change, choice, why) => {
    const changed = join(folder, title.replaceAll(' ', '-'));
    writeFileSync(changed, change(readFileSync(kubeconfig, 'utf8')));
    const name = uniqueLabName();
    const cluster = { kubeconfig: changed, controlPlane: false, ...choice };
    await expect(up({ name, cluster }, () => undefined)).rejects.toMatchObject({ why: expect.stringMatching(why) });
    expect(existsSync(stateDirectory(name).path)).toBe(false);
  });
});

it.each([
  ['0.0.0.0', 'its certificate must name the address'],
  ['machine.example', 'its certificate must name the address'],
  ['198.51.100.9', 'this machine has no such address'],
])('an API does not listen on %s', async (listen, why) => {
  const name = uniqueLabName();
  await expect(up({ name, nodes: 1, listen }, () => undefined)).rejects.toMatchObject({ why, exitCode: 2 });
  expect(existsSync(stateDirectory(name).path)).toBe(false);
});

describe('a lab of another machine', { timeout: 60_000 }, () => {
  const FILE = join(folder, 'second.yaml');
  /** Two machines whose underlays are routed to each other, as a site's are: a cable between the two gateways. */
  const connect = (one: string, other: string) => {
    const gateway = (lab: string) => `${lab}.gateway`;
    const run = (...argv: string[]) => execFileSync('ip', argv);
    run('-n', gateway(one), 'link', 'add', 'site', 'type', 'veth', 'peer', 'name', 'site', 'netns', gateway(other));
    for (const [lab, own, theirs, subnet] of [
      [one, '172.31.0.1', '172.31.0.2', '192.168.2.0/24'],
      [other, '172.31.0.2', '172.31.0.1', '192.168.1.0/24'],
    ] as const) {
      run('-n', gateway(lab), 'addr', 'add', `${own}/30`, 'dev', 'site');
      run('-n', gateway(lab), 'link', 'set', 'site', 'up');
      run('-n', gateway(lab), 'route', 'add', subnet, 'via', theirs);
    }
  };

  it('takes nodes of this one: pods of both reach each other over VXLAN, by Service and by name; a node that leaves is gone', async () => {
    writeFileSync(
      FILE,
      `apiVersion: podwire.dev/v1alpha1
kind: Lab
underlay: {subnet: 192.168.2.0/24}
hosts: []
nodes: [{name: here, role: control-plane}, {name: far, labels: {site: second}}]
`,
    );
    // On an address of its own, as one that other machines reach.
    await withLab({ nodes: 1, listen: '127.0.0.2' }, async (first) => {
      expect((await loadKubeconfig(first.kubeconfig)).connection.server).toMatch(/^https:\/\/127\.0\.0\.2:\d+$/);
      const cluster = { kubeconfig: first.kubeconfig, controlPlane: false };
      await withLab({ cluster, file: FILE }, async (second) => {
        connect(first.name, second.name);
        expect((await kubectl(first, 'get', 'nodes', '-o', 'name')).trim()).toBe('node/control-plane\nnode/far');
        const far = { apiVersion: 'v1', spec: { nodeSelector: { site: 'second' } } };
        await kubectl(
          first,
          'run',
          'away',
          '--image=nginx',
          '--port=80',
          '--expose',
          `--overrides=${JSON.stringify(far)}`,
        );
        const shell = ['--image=busybox', '--command', '--', 'sleep', 'infinity'];
        await kubectl(first, 'run', 'there', `--overrides=${JSON.stringify(far)}`, ...shell);
        await kubectl(first, 'run', 'home', ...shell, '--overrides={"spec":{"nodeName":"control-plane"}}');
        for (const pod of ['away', 'there', 'home'])
          await kubectl(first, 'wait', '--for=condition=Ready', `pod/${pod}`, '--timeout=30s');
        const fetch = ['wget', '-qO-', '-T', '3', 'http://away/'] as const;
        for (const [lab, pod] of [
          [first, 'home'],
          [second, 'there'],
        ] as const)
          await eventually(async () => /^pod: away/.test((await lab.exec(pod, [...fetch])).stdout), 20_000);
        await expect(up({ name: uniqueLabName(), cluster, file: FILE }, () => undefined)).rejects.toMatchObject({
          message: 'the cluster has a node of that name already: far',
        });
      });
      expect((await kubectl(first, 'get', 'nodes', '-o', 'name')).trim()).toBe('node/control-plane');
    });
  });
});
