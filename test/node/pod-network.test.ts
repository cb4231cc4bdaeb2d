import { describe, expect, it } from 'vitest';
import type { Netns } from '../../src/kernel/kernel.ts';
import { RecordingKernel } from '../../src/kernel/recording-kernel.ts';
import { PodNetwork } from '../../src/node/pod-network.ts';

/** A kernel in which the namespaces of this name cannot be removed. */
class StubbornKernel extends RecordingKernel {
  stuck = 'lab-unit.default.stuck';

  override async deleteNamespaces(names: readonly Netns[]): Promise<void> {
    if (names.includes(this.stuck)) throw new Error('the kernel is busy');
    await super.deleteNamespaces(names);
  }
}

describe('pods that are wired together', () => {
  it('do not go without for one whose namespace is in the way', async () => {
    const kernel = new StubbornKernel();
    const block = { podCidr: '10.244.1.0/29', network: '10.244.0.0/16' };
    const network = new PodNetwork({ kernel, lab: 'lab-unit', netns: 'lab-unit.node-1', blocks: [block], mtu: 1450 });
    const pod = (name: string) => ({ namespace: 'default', name, uid: name });
    // The block has five addresses: none may be lost in vain.
    for (let attempt = 0; attempt < 6; attempt += 1) {
      const answers = await network.attach([pod('web'), pod('stuck')]);
      expect(answers.get('web')).toMatchObject({ netns: 'lab-unit.default.web', ips: ['10.244.1.2'] });
      expect(answers.get('stuck')).toMatchObject({ message: 'the kernel is busy' });
    }
    kernel.stuck = '';
    expect((await network.attach([pod('stuck')])).get('stuck')).toMatchObject({ ips: ['10.244.1.3'] });
  });
});
