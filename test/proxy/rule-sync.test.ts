import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Batch } from '../../src/kernel/kernel.ts';
import { RecordingKernel } from '../../src/kernel/recording-kernel.ts';
import { iptablesBackend } from '../../src/proxy/backends/iptables/backend.ts';
import { RuleSync } from '../../src/proxy/rule-sync.ts';
import { RuleModel, saveOf } from './backends/iptables/rule-model.ts';
import { FACTS_4, service, slice, viewsOf } from './fixtures.ts';

/** A kernel whose iptables-save may have words of its own. */
class ListingKernel extends RecordingKernel {
  readonly model = new RuleModel();
  print = (save: string): string => save;
  /** How often everything was listed, and written. */
  lists = 0;
  writes = 0;

  constructor() {
    super((_netns, argv) => {
      if (argv[0] !== 'iptables-save') return { stdout: `${argv[4]} -j KUBE-SERVICES`, stderr: '', exitCode: 0 };
      this.lists += 1;
      return { stdout: this.print(saveOf(this.model)), stderr: '', exitCode: 0 };
    });
  }

  override async run(_netns: string, batches: readonly Batch[]): Promise<void> {
    for (const batch of batches) {
      if (batch.tool !== 'iptables-restore') continue;
      this.model.restore(batch.text);
      this.writes += 1;
    }
  }
}

const VIEWS = viewsOf([service()], [slice(['10.244.1.2', '10.244.2.2'])]);
let kernel: ListingKernel;
let rules: RuleSync<unknown>;

beforeEach(async () => {
  kernel = new ListingKernel();
  rules = new RuleSync(kernel, 't.node-1', iptablesBackend, FACTS_4) as RuleSync<unknown>;
  await rules.sync(VIEWS);
  kernel.writes = 0;
});

afterEach(() => void vi.restoreAllMocks());

function markMasquerade(): string[] {
  return kernel.model.tables.get('nat')!.get('KUBE-MARK-MASQ')!;
}

describe('a look at what stands', () => {
  it('says which rule is another; the next sync writes all', async () => {
    expect(await rules.check()).toBeUndefined();
    markMasquerade()[0] = '-j ACCEPT';
    expect(await rules.check()).toBe('nat KUBE-MARK-MASQ has "-j ACCEPT"');
    expect(await rules.sync(VIEWS)).toMatchObject({ isFull: true });
    expect(markMasquerade()).toEqual(['-j MARK --or-mark 0x4000']);
    expect(await rules.check()).toBeUndefined();
  });

  it('takes words that are there still when all has been written anew for the tool’s own, and writes no more for them', async () => {
    kernel.print = (save) => save.replaceAll('-j MARK --or-mark 0x4000', '-j MARK --set-bit 14');
    expect(await rules.check()).toBe('nat KUBE-MARK-MASQ has "-j MARK --set-bit 14"');
    await rules.sync(VIEWS);
    const { writes } = kernel;
    for (let look = 0; look < 3; look += 1) {
      expect(await rules.check()).toBeUndefined();
      await rules.sync(VIEWS);
    }
    expect(kernel.writes).toBe(writes);
    // Nor when they went and came back: then they are somebody's.
    const { print } = kernel;
    kernel.print = (save) => save;
    expect(await rules.check()).toBeUndefined();
    kernel.print = print;
    expect(await rules.check()).toBeDefined();
    await rules.sync(VIEWS);
    // That it knows these words does not mean it takes others.
    markMasquerade()[0] = '-j ACCEPT';
    expect(await rules.check()).toBe('nat KUBE-MARK-MASQ has "-j ACCEPT"');
  });

  it('does not take what was changed twice for the tool’s words', async () => {
    markMasquerade()[0] = '-j ACCEPT';
    expect(await rules.check()).toBeDefined();
    await rules.sync(VIEWS);
    markMasquerade()[0] = '-j ACCEPT';
    expect(await rules.check()).toBe('nat KUBE-MARK-MASQ has "-j ACCEPT"');
  });

  it('compares nothing while nothing is written; counters of packets do not count', async () => {
    const compared = vi.spyOn(iptablesBackend, 'differences');
    expect(await rules.check()).toBeUndefined();
    expect(compared).toHaveBeenCalledTimes(1);
    kernel.print = (save) =>
      `# Generated on Sat Nov 21\n${save.replace('INPUT ACCEPT [0:0]', 'INPUT ACCEPT [12:3456]')}`;
    expect(await rules.check()).toBeUndefined();
    expect(compared).toHaveBeenCalledTimes(1);
    markMasquerade()[0] = '-j ACCEPT';
    expect(await rules.check()).toBeDefined();
    await rules.sync(VIEWS);
    expect(await rules.check()).toBeUndefined();
    await rules.sync(viewsOf([service({ clusterIP: '172.30.0.42' })], []));
    compared.mockClear();
    expect(await rules.check()).toBeUndefined();
    expect(compared).toHaveBeenCalledTimes(1);
  });
});
