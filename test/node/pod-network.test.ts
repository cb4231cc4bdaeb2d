import { describe, expect, it } from 'vitest';
import type { Batch, Netns } from '../../src/kernel/kernel.ts';
import { RecordingKernel } from '../../src/kernel/recording-kernel.ts';
import { PodNetwork } from '../../src/node/pod-network.ts';

/** A kernel in which the namespace `stuck` cannot be removed; `full` is one that nothing can be done in, and is stuck from then on. */
class StubbornKernel extends RecordingKernel {
  stuck = 'lab-unit.default.stuck';
  full = '';

  override async run(netns: Netns, batches: readonly Batch[]): Promise<void> {
    if (netns !== this.full) return await super.run(netns, batches);
    this.stuck = netns;
    throw new Error('no room');
  }

  override async deleteNamespaces(names: readonly Netns[]): Promise<void> {
    if (names.includes(this.stuck)) throw new Error('the kernel is busy');
    await super.deleteNamespaces(names);
  }
}

/** A node whose block has five addresses. */
function networkOn(kernel: StubbornKernel): PodNetwork {
  const block = { podCidr: '10.244.1.0/29', network: '10.244.0.0/16' };
  return new PodNetwork({ kernel, lab: 'lab-unit', netns: 'lab-unit.node-1', blocks: [block], mtu: 1450 });
}

const pod = (name: string) => ({ namespace: 'default', name, uid: name });

describe('pods that are wired together', () => {
  it('do not go without for one whose namespace is in the way', async () => {
    const kernel = new StubbornKernel();
    const network = networkOn(kernel);
    // No address may be lost in vain.
    for (let attempt = 0; attempt < 6; attempt += 1) {
      const answers = await network.attach([pod('web'), pod('stuck')]);
      expect(answers.get('web')).toMatchObject({ netns: 'lab-unit.default.web', ips: ['10.244.1.2'] });
      expect(answers.get('stuck')).toMatchObject({ message: 'the kernel is busy' });
    }
    kernel.stuck = '';
    expect((await network.attach([pod('stuck')])).get('stuck')).toMatchObject({ ips: ['10.244.1.3'] });
  });
});

it('takes no address for good when a set-up fails and cannot be taken back', async () => {
  const kernel = new StubbornKernel();
  [kernel.full, kernel.stuck] = [kernel.stuck, ''];
  const network = networkOn(kernel);
  expect((await network.attach([pod('stuck')])).get('stuck')).toMatchObject({ message: 'no room' });
  expect((await network.attach([pod('stuck')])).get('stuck')).toMatchObject({ message: 'the kernel is busy' });
  // What is left of it keeps its address, and nobody else gets that.
  const others = await network.attach(['a', 'b', 'c', 'd', 'e'].map(pod));
  const given = [...others].flatMap(([name, answer]) => ('ips' in answer ? [[name, ...answer.ips]] : []));
  expect(Object.fromEntries(given)).toEqual({ a: '10.244.1.3', b: '10.244.1.4', c: '10.244.1.5', d: '10.244.1.6' });
  kernel.stuck = '';
  await network.detach([pod('stuck')]);
  expect((await network.attach([pod('e')])).get('e')).toMatchObject({ ips: ['10.244.1.2'] });
});
