import { describe, expect, it } from 'vitest';
import type { LinkFault } from '../../src/cni/link-fault.ts';
import { checkFault, describeFault, type LinkSettings, parseLinkSettings } from '../../src/lab/link-settings.ts';

describe('the settings of a link', () => {
  it('are read with their units', () => {
    expect(
      parseLinkSettings({ rate: '1.5mbit', mtu: '1280', delay: '50ms', jitter: '200us', loss: '5%', reorder: '25' }),
    ).toEqual({
      rate: 1_500_000,
      mtu: 1280,
      delayMs: 50,
      jitterMs: 0.2,
      lossPercent: 5,
      reorderPercent: 25,
    });
    expect(parseLinkSettings({ delay: '1s' })).toEqual({ delayMs: 1000 });
    expect(parseLinkSettings({})).toEqual({});
  });

  it.each<[LinkSettings, string]>([
    [{ rate: '5' }, '--rate 5 is unusable'],
    [{ rate: '10mbps' }, '--rate 10mbps is unusable'],
    [{ rate: '-1mbit' }, '--rate -1mbit is unusable'],
    [{ rate: '1e3kbit' }, '--rate 1e3kbit is unusable'],
    [{ rate: '1000gbit' }, '--rate 1000gbit is unusable'],
    [{ mtu: '67' }, '--mtu 67 is unusable'],
    [{ mtu: '1280.5' }, '--mtu 1280.5 is unusable'],
    [{ mtu: '' }, '--mtu  is unusable'],
    [{ delay: '50' }, '--delay 50 is unusable'],
    [{ delay: '2m' }, '--delay 2m is unusable'],
    [{ loss: '101%' }, '--loss 101% is unusable'],
    [{ loss: '5%; reboot' }, '--loss 5%; reboot is unusable'],
  ])('%j are refused', (settings, message) => {
    expect(() => parseLinkSettings(settings)).toThrow(message);
  });

  it('may add to what stands: packets overtake delayed ones, whenever the delay came', () => {
    const faultOf = (...settings: LinkSettings[]) => Object.assign({}, ...settings.map(parseLinkSettings)) as LinkFault;
    expect(() => checkFault(faultOf({ delay: '50ms' }, { reorder: '5%' }))).not.toThrow();
    expect(() => checkFault(faultOf({ reorder: '0%' }))).not.toThrow();
    expect(() => checkFault(faultOf({ reorder: '5%' }))).toThrow('--reorder 5% is unusable');
    expect(() => checkFault(faultOf({ delay: '50ms', reorder: '5%' }, { delay: '0ms' }))).toThrow('is unusable');
  });

  it('are told in the same words', () => {
    expect(describeFault({ cut: true, rate: 1_500_000, mtu: 1280, delayMs: 50, jitterMs: 10, lossPercent: 5 })).toBe(
      'cut, rate 1500kbit, mtu 1280, delay 50ms ± 10ms, loss 5%',
    );
    expect(describeFault({ rate: 1_000_000_000, reorderPercent: 3, delayMs: 1 })).toBe(
      'rate 1gbit, delay 1ms, reorder 3%',
    );
    expect(describeFault({})).toBe('whole');
  });
});
