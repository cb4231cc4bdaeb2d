/** A run as its events tell it: a scenario that holds, one that fails with evidence and a broken cleanup, one skipped. */
import type { LabSnapshot } from '../../../src/lab/lab-snapshot.ts';
import { parseScenario } from '../../../src/scenario/definition/load-scenario.ts';
import type { Scenario } from '../../../src/scenario/definition/scenario.ts';
import type { ScenarioEvent } from '../../../src/scenario/events.ts';

function scenario(name: string, title: string): Scenario {
  const parsed = parseScenario(
    `apiVersion: podwire.dev/v1alpha1
kind: Scenario
metadata: {name: ${name}, labels: {topic: service, level: basic}}
spec: {title: ${JSON.stringify(title)}, steps: [{narrate: x}]}`,
    `scenarios/${name}.yaml`,
  );
  if ('problems' in parsed) throw new Error(parsed.problems.join('\n'));
  if (parsed.kind !== 'Scenario') throw new Error(`a scenario, not an ${parsed.kind}`);
  return parsed;
}

export const SNAPSHOT: LabSnapshot = {
  name: 'lab',
  kernel: 'host',
  createdAt: '2026-01-01T00:00:00Z',
  kubernetesVersion: 'v1.36.0',
  podSubnet: '10.244.0.0/16',
  serviceSubnet: '10.96.0.0/12',
  nodes: [
    {
      name: 'node-1',
      role: 'worker',
      netns: 'lab.node-1',
      ip: '192.168.1.11',
      ips: ['192.168.1.11'],
      podCIDR: '10.244.1.0/24',
      podCIDRs: ['10.244.1.0/24'],
      ready: true,
      proxy: { mode: 'iptables', synced: true, generation: 1 },
    },
  ],
  hosts: [{ name: 'client', netns: 'lab.client', ip: '192.168.1.100', ips: ['192.168.1.100'] }],
  pods: [
    {
      namespace: 'first-1a2b',
      name: 'a-pod-with-a-name-that-is-too-long-for-its-box',
      node: 'node-1',
      ip: '10.244.1.2',
      ips: ['10.244.1.2'],
      phase: 'Running',
      ready: false,
      restarts: 0,
      netns: 'lab.first-1a2b.web',
    },
  ],
  services: [],
  timings: [],
  warnings: [],
};

/** Texts that every format must be careful with. */
export const AWKWARD = '<b>"&" # 100%, a:b ]]> \u001b[31mred\u0000 ::error::\n::warning::no command\tend 中文';

export function playedRun(): ScenarioEvent[] {
  const good = scenario('first', 'One & <two>');
  const bad = scenario('second', 'It #breaks: 100%, really');
  const step = (id: string, narration?: string) => ({
    id,
    verb: 'exec',
    ...(narration === undefined ? {} : { narration: { en: narration, zh: '中文。' } }),
  });
  const one = step('1', 'The first 1.5 seconds. And more.');
  const two = step('2');
  return [
    { type: 'scenarioStarted', scenario: good, proxyMode: 'iptables' },
    { type: 'labPart', part: 'fabric' },
    { type: 'labReady', lab: 'lab', kernel: 'host', borrowed: false, ms: 500 },
    { type: 'namespaceReady', namespace: 'first-1a2b' },
    { type: 'stepStarted', step: one },
    { type: 'command', step: one, where: 'node-1', text: 'ip addr' },
    { type: 'output', step: one, text: AWKWARD },
    { type: 'expectation', step: one, check: { expected: 'it is', observed: 'it is', held: true } },
    { type: 'stepEnded', step: one, outcome: 'held', ms: 1234, evidence: [] },
    { type: 'stepsEnded', lab: { snapshot: SNAPSHOT, faults: [] } },
    { type: 'scenarioEnded', scenario: good, outcome: 'passed', steps: 1, checks: 1, ms: 2000 },
    { type: 'scenarioStarted', scenario: bad, proxyMode: 'nftables' },
    { type: 'labReady', lab: 'lab', kernel: 'host', borrowed: true, ms: 1 },
    { type: 'namespaceReady', namespace: 'second-1a2b' },
    { type: 'stepStarted', step: two },
    { type: 'command', step: two, text: 'kubectl get pods' },
    { type: 'expectation', step: two, check: { expected: AWKWARD, observed: 'another', held: false } },
    {
      type: 'stepEnded',
      step: two,
      outcome: 'failed',
      ms: 20,
      evidence: [{ title: 'events', text: AWKWARD }],
    },
    { type: 'stepsEnded', lab: { snapshot: SNAPSHOT, faults: [] } },
    { type: 'cleanupFailed', problem: 'namespace second: it is still terminating' },
    { type: 'scenarioEnded', scenario: bad, outcome: 'failed', steps: 1, checks: 1, ms: 30 },
    { type: 'scenarioSkipped', scenario: good, proxyModes: ['ipvs', 'userspace'], reason: 'the kernel has no IPVS' },
  ];
}
