import { describe, expect, it } from 'vitest';
import { RuleRecorder } from '../../../src/scenario/rules/rule-recorder.ts';
import { type FakeLab, fakeLab } from '../fake-lab.ts';

interface RuledLab extends FakeLab {
  /** `iptables-save` of every node. */
  save: string;
  looks: number;
}

/** A fake lab whose nodes have rules. */
function ruledLab(): RuledLab {
  const lab = fakeLab() as RuledLab;
  lab.save = '*nat\n-A KUBE-SERVICES -j KUBE-NODEPORTS\nCOMMIT\n';
  lab.looks = 0;
  const read = async () => {
    lab.looks += 1;
    return { stdout: lab.save, stderr: '', exitCode: 0 };
  };
  return Object.assign(lab, { kernel: { ...lab.kernel, read } });
}

const CHANGED = '*nat\n-A KUBE-SERVICES -j KUBE-NODEPORTS\n-A KUBE-SERVICES -j KUBE-SVC-A\nCOMMIT\n';

describe('RuleRecorder', () => {
  it('tells what changed since the step before, and nothing where nothing did', async () => {
    const lab = ruledLab();
    const recorder = new RuleRecorder(lab);
    await recorder.start();
    expect(await recorder.since('apply')).toBeUndefined();
    lab.save = CHANGED;
    expect(await recorder.since('apply')).toMatchObject({
      changes: [
        {
          nodes: ['control-plane', 'node-1', 'node-2'],
          sections: [{ place: 'nat KUBE-SERVICES', removed: [], added: [{ text: '-A KUBE-SERVICES -j KUBE-SVC-A' }] }],
        },
      ],
    });
    expect(await recorder.since('apply')).toBeUndefined();
  });

  it('does not look behind a step that only looks while no kube-proxy has moved', async () => {
    const lab = ruledLab();
    const recorder = new RuleRecorder(lab);
    await recorder.start();
    const { looks } = lab;
    expect(looks).toBe(3);
    lab.save = CHANGED;
    expect(await recorder.since('request')).toBeUndefined();
    expect(lab.looks).toBe(looks);
  });

  it('says why there is no telling, and goes on', async () => {
    const lab = ruledLab();
    const recorder = new RuleRecorder(lab);
    await recorder.start();
    const programmed = lab.programmed;
    lab.programmed = () => Promise.reject(new Error('node-1 is late'));
    expect(await recorder.since('apply')).toEqual({ changes: [], problem: 'node-1 is late' });
    lab.programmed = programmed;
    const { read } = lab.kernel;
    lab.kernel.read = () => Promise.reject(new Error('no iptables-save'));
    expect(await recorder.since('apply')).toEqual({ changes: [], problem: 'no iptables-save' });
    lab.kernel.read = read;
    lab.save = CHANGED;
    expect((await recorder.since('apply'))?.changes).toHaveLength(1);
  });
});
