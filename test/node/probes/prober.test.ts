import { expect, it, vi } from 'vitest';
import { Prober } from '../../../src/node/probes/prober.ts';
import type { ProbeTarget } from '../../../src/node/probes/run-probe.ts';

it('does not probe at once what is to be probed in many years', async () => {
  const run: string[] = [];
  const exec = async ([program]: readonly string[]) => {
    run.push(program!);
    throw new Error('no such program');
  };
  const container = {
    name: 'main',
    readinessProbe: { exec: { command: ['soon'] }, periodSeconds: 0.002 },
    livenessProbe: { exec: { command: ['late'] }, initialDelaySeconds: 2_147_483_647 },
  };
  const target = { container, instance: { exec } } as unknown as ProbeTarget;
  const prober = new Prober(target, { failed: () => undefined, verdict: () => undefined });
  await vi.waitFor(() => expect(run.length).toBeGreaterThan(5));
  prober.stop();
  expect(new Set(run)).toEqual(new Set(['soon']));
});
