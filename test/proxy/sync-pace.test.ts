import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { normalised } from '../../src/lab/proxy-config/normalise.ts';
import { LAB_OPTIONS } from '../../src/lab/proxy-config/option-defaults.ts';
import type { ProxyMode } from '../../src/objects/proxy-mode.ts';
import { SyncPace } from '../../src/proxy/sync-pace.ts';

const { iptables, nftables } = LAB_OPTIONS;
const config = normalised({
  ...LAB_OPTIONS,
  iptables: { ...iptables, syncPeriod: 10_000 },
  nftables: { ...nftables, syncPeriod: 1_000, minSyncPeriod: 500 },
});

describe('the pace of syncs', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('is that of the mode there is', () => {
    let mode: ProxyMode = 'iptables';
    const pace = new SyncPace({ config, mode: () => mode });
    const look = vi.fn();
    pace.look(look);
    vi.advanceTimersByTime(10_000);
    expect(look).toHaveBeenCalledTimes(1);
    mode = 'nftables';
    pace.look(look);
    vi.advanceTimersByTime(3_000);
    expect(look).toHaveBeenCalledTimes(4);
    expect(pace.periodMs).toBe(1_000);
    pace.stop();
    vi.advanceTimersByTime(60_000);
    expect(look).toHaveBeenCalledTimes(4);
  });

  it('is half a minute without a configuration', () => {
    expect(new SyncPace({ mode: () => 'iptables' }).periodMs).toBe(30_000);
  });

  it('keeps no distance for who hurries, once', async () => {
    vi.useRealTimers();
    const slow = normalised({ ...LAB_OPTIONS, nftables: { ...nftables, minSyncPeriod: 3_600_000 } });
    const pace = new SyncPace({ config: slow, mode: () => 'nftables' });
    // Before the first sync there is nothing to keep a distance to.
    await pace.keepDistance();
    pace.synced();
    pace.hurry();
    await pace.keepDistance();
    const kept = vi.fn();
    const keeping = pace.keepDistance().then(kept);
    await Promise.resolve();
    expect(kept).not.toHaveBeenCalled();
    pace.hurry();
    await keeping;
  });
});
