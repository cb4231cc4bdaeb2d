/** The benchmarks of rules and connections do what they say, at the smallest size: their figures are for quiet machines. */
import { describe, expect, it } from 'vitest';
import { LinuxKernel } from '../../../src/kernel/linux-kernel.ts';
import type { ProxyMode } from '../../../src/objects/proxy-mode.ts';
import type { Benchmark, BenchmarkContext } from '../../bench/benchmark.ts';
import { clusterIp } from '../../bench/benchmarks/cluster-ip.ts';
import { firstPacket } from '../../bench/benchmarks/first-packet.ts';
import { rulesLoad } from '../../bench/benchmarks/rules-load.ts';
import { rulesUpdate } from '../../bench/benchmarks/rules-update.ts';
import { benchTracker } from '../../bench/generated-services.ts';
import { withWires } from '../../bench/hand-wiring.ts';
import { renderSvg } from '../../bench/report-svg.ts';
import { renderTable } from '../../bench/report-table.ts';
import { runBare, withRules } from '../../bench/rules-in-mode.ts';
import { whyNoUml } from '../../support/uml.ts';

const HOST_MODES = ['iptables', 'nftables', 'userspace'] as const;
const PREFIX = `t${process.pid}-bench`;

function trial(modes: readonly ProxyMode[]): BenchmarkContext {
  return {
    kernel: new LinuxKernel(),
    prefix: PREFIX,
    root: '',
    isQuick: true,
    isTrial: true,
    modes,
    signal: new AbortController().signal,
    progress: () => undefined,
  };
}

/** Every label, having looked whether the result can be reported. */
async function labelsOf(benchmark: Benchmark, modes: readonly ProxyMode[]): Promise<string[]> {
  const result = await benchmark.run(trial(modes));
  for (const { label, values } of result.samples) expect(Math.min(...values), label).toBeGreaterThan(0);
  expect(result.missing).toEqual([]);
  expect(renderTable(benchmark, result)).toContain(benchmark.title);
  expect(renderSvg([[benchmark, result]])).not.toMatch(/NaN|Infinity|undefined/);
  return result.samples.map(({ label }) => label);
}

const SAVE: Readonly<Record<(typeof HOST_MODES)[number], [string, ...string[]]>> = {
  iptables: ['iptables-save'],
  userspace: ['iptables-save'],
  nftables: ['nft', 'list', 'table', 'ip', 'kube-proxy'],
};

describe.skipIf(process.getuid?.() !== 0)('benchmarks', () => {
  it.each(HOST_MODES)('the bare tools leave the same rules as kube-proxy, in mode %s', async (mode) => {
    const rulesAfter = (isBare: boolean) =>
      withRules(mode, `${PREFIX}.rules`, async ({ kernel, sync, plan }) => {
        const { views } = benchTracker(3).update();
        if (isBare) await runBare(kernel, `${PREFIX}.rules`, (await plan(views)).writes);
        else await sync(views);
        const { stdout } = await kernel.read(`${PREFIX}.rules`, SAVE[mode]);
        // When it was saved; which port a relay was given.
        return stdout.replace(/^#.*$/gm, '').replace(/(--to-(ports|destination) \S*?)\d+$/gm, '$1PORT');
      });
    const rules = await rulesAfter(false);
    expect(rules).toContain('bench/service-2');
    expect(await rulesAfter(true)).toBe(rules);
  });

  it('rules are loaded and changed in every backend of the host', async () => {
    const loads = await labelsOf(rulesLoad, HOST_MODES);
    expect(loads).toEqual(expect.arrayContaining(HOST_MODES.flatMap((mode) => [mode, `${mode}, bare`])));
    expect(loads).toContain('iptables, one transaction');
    const updates = await labelsOf(rulesUpdate, HOST_MODES);
    expect(updates).toEqual(expect.arrayContaining(HOST_MODES.map((mode) => `${mode}: endpoint`)));
  });

  it('connections are made through every backend of the host', async () => {
    const labels = await labelsOf(firstPacket, HOST_MODES);
    expect(labels).toEqual(expect.arrayContaining(HOST_MODES.map((mode) => `${mode}: answered`)));
    expect(await labelsOf(clusterIp, HOST_MODES)).toEqual([
      ...['iptables', 'iptables, by hand'],
      ...['nftables', 'nftables, by hand'],
    ]);
  });

  it.skipIf(whyNoUml())(
    'ipvs is measured in User-mode Linux',
    async () => {
      expect(await labelsOf(clusterIp, ['ipvs'])).toEqual(['ipvs (UML)', 'ipvs (UML), by hand']);
    },
    120_000,
  );

  it('what is wired by hand carries packets', async () => {
    const context = trial([]);
    await withWires(context, { name: 'hand', checksums: true, tracking: true }, async ({ from, to }) => {
      const { exitCode, stderr } = await context.kernel.read(to, ['ping', '-c', '1', '-W', '5', from.ip]);
      expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    });
  });
});
