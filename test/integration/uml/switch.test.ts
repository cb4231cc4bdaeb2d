/**
 * A whole lab of three nodes in User-mode Linux, whose backend the command line changes while a pod, a node and a host outside open
 * connections without a pause: through every pair with ipvs, on one node and on all, over a change of scheduler and a rolling update.
 */
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { down } from '../../../src/lab/down.ts';
import type { LabHandle } from '../../../src/lab/lab-handle.ts';
import { connectLab } from '../../../src/lab/open-lab.ts';
import { whyNoUml } from '../../support/uml.ts';
import { kubectl, run } from '../journeys/shared-lab.ts';
import { expectNothingLeft, uniqueLabName } from '../lab/fixture.ts';
import { eventually } from '../scratch.ts';
import { commandLine } from './command-line.ts';
import type { LoadReport, LoadRequest } from './switch-load.ts';

/** A guest on a machine that has other work is slow. */
const PATIENCE_MS = 560_000;
const NODES = ['control-plane', 'node-1', 'node-2'];
const ALL = NODES.join(', ');
const name = uniqueLabName();
const { podwire } = commandLine(name);

/** As switch.yaml has them. */
const WEB = { clusterIP: '10.96.0.80', externalIP: '192.168.51.80' };
const TARGETS = [
  { host: WEB.clusterIP, tcp: 80, udp: 81 },
  { host: WEB.externalIP, tcp: 80, udp: 81 },
  { host: '192.168.1.12', tcp: 30_080, udp: 30_081 },
];
const STEADY = { host: '10.96.0.90', port: 80 };

describe.skipIf(whyNoUml())('a change of mode in User-mode Linux', () => {
  let lab: LabHandle;

  beforeAll(async () => {
    expect(await podwire('up', ['--kernel', 'uml'])).toMatchObject({ code: 0 });
    lab = await connectLab(name);
    await kubectl(lab, ['apply', '-f', join(import.meta.dirname, 'switch.yaml')]);
    await kubectl(lab, ['wait', '--for=condition=Ready', 'pod', '--all', '--timeout=180s']);
    await kubectl(lab, ['rollout', 'status', 'deployment/web', '--timeout=180s']);
    // The way to Services from outside.
    const routes = [`${WEB.externalIP}/32`, '10.96.0.0/12'].map((to) => `ip route add ${to} via 192.168.1.11`);
    await run(lab, 'client', 'sh', '-ec', routes.join('; '));
    await lab.programmed(60_000);
  }, PATIENCE_MS);

  afterAll(async () => {
    lab?.close();
    await down(name);
    expectNothingLeft(name, []);
  }, PATIENCE_MS);

  /** `podwire proxy-mode`, which must do it; what it says of connections that are open. */
  async function change(mode: string, ...args: string[]): Promise<string> {
    const on = args[0] === '--node' ? args[1] : ALL;
    const { code, stdout, stderr } = await podwire('proxy-mode', [mode, ...args]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const [first, ...others] = stdout.split('\n');
    expect(first).toBe(`kube-proxy is in mode ${mode} on ${on}.`);
    return others.join('\n');
  }

  it('to nftables, which its kernel has not, is refused in plain words, and changes nothing', {
    timeout: PATIENCE_MS,
  }, async () => {
    const before = await rulesOf(lab);
    const { code, stdout, stderr } = await podwire('proxy-mode', ['nftables']);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toContain(`kube-proxy could not change to mode nftables on ${ALL}\n`);
    expect(stderr).toContain("can't use the nftables proxier");
    expect(await rulesOf(lab)).toEqual(before);
    expect((await lab.snapshot()).nodes.map(({ proxy }) => proxy.mode)).toEqual(NODES.map(() => 'iptables'));
  });

  it('under load refuses none and loses none, and leaves nothing of the former modes', {
    timeout: PATIENCE_MS,
  }, async () => {
    const load = await startLoad(lab);
    const before = await rulesOf(lab);
    await load.go('keep opened in iptables');
    await change('ipvs', '--node', 'node-1');
    await load.go('more');
    await change('ipvs');
    await load.go('keep opened in ipvs');
    // Both pods are replaced from here on, while modes change.
    await kubectl(lab, ['rollout', 'restart', 'deployment/web']);
    await change('ipvs', '--ipvs-scheduler', 'lc');
    await load.go('more');
    // Those that were opened in ipvs go on by it.
    expect(await change('userspace')).toContain('On node-2 ipvs keeps what ');
    await load.go('keep opened in userspace');
    await kubectl(lab, ['rollout', 'status', 'deployment/web', '--timeout=180s']);
    await change('ipvs');
    await load.go('more');
    expect(await change('iptables')).toContain('On node-2 ipvs keeps what ');
    expect((await podwire('status')).stdout).toMatch(/^node-2 .* iptables, sync\w+, [1-9]\d* open by ipvs /m);
    await load.go('let go opened in ipvs');
    expect((await load.end()).failures).toEqual([]);
    const left = async () => (await lab.snapshot()).nodes.filter(({ proxy }) => proxy.departing !== undefined);
    await eventually(async () => (await left()).length === 0, PATIENCE_MS);
    expect(await rulesOf(lab)).toEqual(before);
  });
});

/** All that a mode may have written on a node: rules, virtual servers, sets, kube-ipvs0, routes to addresses of the node's own. */
const LISTINGS =
  'iptables-save; ipvsadm -Sn; ipset save; ip -o address show kube-ipvs0 2>&1; ip route show table local';

/** What stands of them on each node, without counts and what names an endpoint, sorted. */
async function rulesOf(lab: LabHandle): Promise<string[][]> {
  const listings = await Promise.all(NODES.map((node) => run(lab, node, 'sh', '-c', LISTINGS)));
  return listings.map((listing) =>
    listing
      .replaceAll(/\[\d+:\d+\]$/gm, '')
      .split('\n')
      .filter((line) => !/^#|KUBE-SEP-|^Device/.test(line))
      .sort(),
  );
}

/** The load in the guest. */
async function startLoad(lab: LabHandle) {
  const [pod = '', steady = '', node = '', client = ''] = await Promise.all(
    ['shell', 'steady', 'node-1', 'client'].map((place) => lab.netnsOf(place)),
  );
  const request: LoadRequest = {
    places: { 'a pod': pod, 'a node': node, outside: client },
    targets: TARGETS.flatMap(({ host, tcp, udp }) => [
      { protocol: 'tcp' as const, host, port: tcp },
      { protocol: 'udp' as const, host, port: udp },
    ]),
    steady: { netns: steady, ...STEADY },
  };
  // The guest sees the host's files.
  const script = join(import.meta.dirname, 'switch-load.ts');
  const program = lab.kernel.spawn('', [process.execPath, script, JSON.stringify(request)]);
  const errors = text(program.stderr!);
  const reports = createInterface({ input: program.stdout! })[Symbol.asyncIterator]();
  const next = async (): Promise<LoadReport> => {
    const { value, done } = await reports.next();
    if (done === true) throw new Error(`the load has ended: ${await errors}`);
    return JSON.parse(value) as LoadReport;
  };
  return {
    /** Has its wish (switch-load.ts), and goes on; throws at what was lost. */
    async go(wish: string): Promise<void> {
      program.stdin!.write(`${wish}\n`);
      const { failures } = await next();
      expect(failures).toEqual([]);
    },
    end(): Promise<LoadReport> {
      program.stdin!.end();
      return next();
    },
  };
}
