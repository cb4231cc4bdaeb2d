import { describe, expect, it } from 'vitest';
import { RecordingKernel } from '../../src/kernel/recording-kernel.ts';
import { ProxyReports } from '../../src/proxy/proxy-reports.ts';
import { MemoryTransport } from '../support/memory-transport.ts';
import { NODE, slice } from './fixtures.ts';

const WRITTEN = { isFull: false, ran: 1, written: {}, isUnfinished: false };

function setUp(): ProxyReports {
  return new ProxyReports({
    nodeName: NODE,
    netns: 't.node-1',
    nodeIPs: ['192.168.1.11', 'fd00:1::11'],
    transport: new MemoryTransport(),
    kernel: new RecordingKernel(),
    log: { info: () => undefined, warn: () => undefined, error: () => undefined },
    unhealthyAfterMs: () => 60_000,
    serves: false,
    mode: () => 'iptables',
    publishedConfig: () => undefined,
    views: () => new Map(),
    nodePortHosts: () => undefined,
  });
}

/** How many changes it says are in the rules of a family. */
function programmed(reports: ProxyReports, family: 4 | 6): number {
  const { metrics } = reports;
  const page = metrics.render({ mode: 'iptables', views: new Map(), standing: new Map(), packets: new Map() });
  const name = `kubeproxy_network_programming_duration_seconds_count{ip_family="IPv${family}"} `;
  return Number(
    page
      .split('\n')
      .find((line) => line.startsWith(name))!
      .slice(name.length),
  );
}

function change(reports: ProxyReports, times: number, family: 4 | 6 = 4): void {
  const [plain] = [slice(['10.244.1.2'], { family })];
  const annotations = {
    'endpoints.kubernetes.io/last-change-trigger-time': new Date(Date.now() + 1_000).toISOString(),
  };
  const changed = { ...plain!, metadata: { ...plain!.metadata, annotations } };
  for (let count = 0; count < times; count += 1) reports.sliceChanged(changed, false);
}

describe('changes of slices', () => {
  it('are counted once each, in their family, when its rules are written', () => {
    const reports = setUp();
    change(reports, 2);
    change(reports, 1, 6);
    reports.written(4, 0.01, WRITTEN);
    // The other family failed, and so the first is written again.
    reports.failed(6, { isFull: false, isCleanup: false });
    reports.written(4, 0.01, WRITTEN);
    expect([programmed(reports, 4), programmed(reports, 6)]).toEqual([2, 0]);
    reports.written(6, 0.01, WRITTEN);
    expect([programmed(reports, 4), programmed(reports, 6)]).toEqual([2, 1]);
  });

  it('are not kept without end while no rule can be written', () => {
    const reports = setUp();
    change(reports, 25_000);
    reports.written(4, 0.01, WRITTEN);
    expect(programmed(reports, 4)).toBe(10_000);
  });
});
