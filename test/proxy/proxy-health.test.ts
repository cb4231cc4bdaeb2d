import { describe, expect, it } from 'vitest';
import { goTime } from '../../src/proxy/go-time.ts';
import { ProxyHealth } from '../../src/proxy/proxy-health.ts';

describe('the health of kube-proxy', () => {
  it('is lost when a change waits for as long as the time allowed, and back with the next sync', () => {
    let now = 1_000;
    const health = new ProxyHealth(
      () => 60_000,
      () => now,
    );
    expect(health.isHealthy).toBe(true);
    health.updated();
    health.queued();
    now += 59_999;
    // A later change does not reset the clock of the first.
    health.queued();
    expect(health.isHealthy).toBe(true);
    expect(health.lastUpdated).toBe(now);
    now += 1;
    expect(health.isHealthy).toBe(false);
    expect(health.lastUpdated).toBe(1_000);
    health.updated();
    expect(health.isHealthy).toBe(true);
  });

  it('calls a node not eligible that is being deleted, or that the autoscaler is about to remove', () => {
    const health = new ProxyHealth(() => 60_000);
    expect(health.isNodeEligible).toBe(true);
    health.nodeChanged({ spec: { taints: [{ key: 'ToBeDeletedByClusterAutoscaler', effect: 'NoSchedule' }] } });
    expect(health.isNodeEligible).toBe(false);
    health.nodeChanged({ spec: { taints: [{ key: 'other', effect: 'NoSchedule' }] } });
    expect(health.isNodeEligible).toBe(true);
    health.nodeChanged({ metadata: { deletionTimestamp: '2026-11-20T00:00:00Z' } });
    expect(health.isNodeEligible).toBe(false);
  });

  it('has its times as Go prints them', () => {
    expect(goTime(Date.UTC(2026, 10, 20, 9, 5, 7, 120))).toMatch(/^2026-11-20 09:05:07\.12 \+0000 UTC m=\+\d+\.\d{9}$/);
    expect(goTime(Date.UTC(2026, 10, 20, 9, 5, 0, 0))).toMatch(/^2026-11-20 09:05:00 \+0000 UTC /);
    expect(goTime(0)).toBe('0001-01-01 00:00:00 +0000 UTC');
  });
});
