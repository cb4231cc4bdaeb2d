import { describe, expect, it } from 'vitest';
import { cleanUp } from '../../src/scenario/clean-up.ts';
import type { StepContext } from '../../src/scenario/step-context.ts';
import { type FakeLab, fakeLab } from './fake-lab.ts';

const NEVER = new Promise<never>(() => {});

function context(lab: FakeLab, given: Partial<StepContext> = {}): StepContext {
  const signal = AbortSignal.timeout(200);
  const empty = { patience: 1, outside: [], undo: [] };
  return { lab, namespace: 'test-1', file: 'x.yaml', signal, ...empty, snapshot: lab.snapshot, ...given };
}

describe('cleanUp', () => {
  it('undoes the last change first, then deletes what was made', async () => {
    const lab = fakeLab();
    const undo = ['first', 'last'].map((what) => async () => void lab.log.push(what));
    expect(await cleanUp(context(lab, { undo, outside: [['Pod/b', '--namespace', 'dev']] }))).toBeUndefined();
    expect(lab.log).toEqual([
      'last',
      'first',
      'kubectl delete Pod/b --namespace dev --ignore-not-found --wait=true --grace-period=0',
      'delete namespaces test-1',
    ]);
  });

  it('tells everything that could not be done, and goes on with the rest', async () => {
    const lab = fakeLab({ kubectl: () => ({ exitCode: 1, stderr: 'Error from server: no\n' }) });
    const broken = async (): Promise<void> => {
      throw new Error('the link is gone');
    };
    expect(await cleanUp(context(lab, { undo: [broken], outside: [['Pod/b']] }))).toBe(
      'what a step changed: the link is gone\nPod/b: Error from server: no',
    );
    expect(lab.log).toContain('delete namespaces test-1');
  });

  it('waits for nothing longer than it has time', async () => {
    const lab: FakeLab = { ...fakeLab(), kubectl: () => NEVER };
    expect(await cleanUp(context(lab, { undo: [() => NEVER], outside: [['Pod/b']] }))).toBe(
      ['what a step changed', 'Pod/b', 'namespace test-1']
        .map((what) => `${what}: not done in the time there is`)
        .join('\n'),
    );
  });
});
