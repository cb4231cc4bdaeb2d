import { stripVTControlCharacters } from 'node:util';
import { renderToString } from 'ink';
import type { ReactNode } from 'react';
import { describe, expect, it } from 'vitest';
import type { LabSnapshot } from '../../src/lab/lab-snapshot.ts';
import type { Scenario } from '../../src/scenario/definition/scenario.ts';
import type { ScenarioEvent, StepRef } from '../../src/scenario/events.ts';
import { textWidth } from '../../src/scenario/wrap-text.ts';
import { MenuView } from '../../src/tui/menu-view.tsx';
import { firstLine, layOut } from '../../src/tui/transcript.ts';
import type { TuiState, Walk } from '../../src/tui/tui-state.ts';
import { arrange, WalkView } from '../../src/tui/walk-view.tsx';
import { fakeLab } from '../scenario/fake-lab.ts';

const SCENARIO: Scenario = {
  kind: 'Scenario',
  file: 'scenarios/a.yaml',
  name: 'a',
  labels: { topic: 'service', level: 'basic' },
  title: { en: 'A NodePort answers on every node', zh: 'NodePort 在每个节点上都应答' },
  lab: {},
  proxyModes: ['iptables'],
  timeoutMs: 1000,
  deadlineMs: 60_000,
  steps: [],
  cleanup: [],
};
const SNAPSHOT: LabSnapshot = {
  ...(await fakeLab().snapshot()),
  pods: [
    pod('kube-system', 'coredns-1', '10.244.1.2'),
    pod('a-1234', 'web-1', '10.244.1.3'),
    { ...pod('a-1234', 'web-2', ''), ready: false, phase: 'Pending' },
  ],
  services: [
    {
      namespace: 'a-1234',
      name: 'web',
      type: 'NodePort',
      clusterIP: '10.96.0.7',
      clusterIPs: ['10.96.0.7'],
      ports: ['80:30078/TCP'],
      endpoints: ['10.244.1.3:80'],
    },
  ],
};
const STATE: TuiState = {
  language: 'en',
  scenarios: [SCENARIO, { ...SCENARIO, name: 'b', title: 'Another' }],
  selected: 0,
  outcomes: { b: 'passed' },
  building: [],
  snapshot: SNAPSHOT,
  closing: false,
};
const STEP: StepRef = { id: '1', verb: 'exec', narration: { en: 'Look at the rules.', zh: '查看规则。' } };
const EVENTS: readonly ScenarioEvent[] = [
  { type: 'scenarioStarted', scenario: SCENARIO, proxyMode: 'iptables' },
  { type: 'labReady', lab: 'podwire', kernel: 'host', borrowed: false, ms: 640 },
  { type: 'namespaceReady', namespace: 'a-1234' },
  { type: 'stepStarted', step: STEP },
  { type: 'command', step: STEP, where: 'node-1', text: 'iptables-save -t nat' },
  { type: 'output', step: STEP, text: '-A KUBE-SERVICES\n\t-j X' },
  {
    type: 'expectation',
    step: STEP,
    check: { expected: 'exit code 0', observed: 'exit code 0', held: true, implied: true },
  },
  { type: 'expectation', step: STEP, check: { expected: 'stdout contains "X"', observed: 'X', held: true } },
  { type: 'expectation', step: STEP, check: { expected: 'status 200', observed: 'status 500', held: false } },
];

function pod(namespace: string, name: string, ip: string): LabSnapshot['pods'][number] {
  return { namespace, name, node: 'node-1', ip, ips: [ip], phase: 'Running', ready: true, restarts: 0, netns: '' };
}

function walk(change: Partial<Walk> = {}): Walk {
  return { scenario: SCENARIO, events: EVENTS, phase: 'ready', auto: false, chosen: {}, scroll: 0, ...change };
}

function screen(node: ReactNode, columns: number): string[] {
  return stripVTControlCharacters(renderToString(node, { columns })).split('\n');
}

const SIZES = [
  { columns: 80, rows: 24 },
  { columns: 60, rows: 24 },
  { columns: 140, rows: 40 },
  { columns: 40, rows: 12 },
];

describe.each(SIZES)('on $columns × $rows', (size) => {
  it.each(['en', 'zh'] as const)('every screen fits, in %s', (language) => {
    const state = { ...STATE, language };
    const screens = [
      screen(<MenuView state={state} size={size} />, size.columns),
      screen(<WalkView state={state} walk={walk()} size={size} />, size.columns),
    ];
    for (const lines of screens) {
      expect(lines.length).toBeLessThanOrEqual(size.rows);
      expect(Math.max(...lines.map(textWidth))).toBeLessThanOrEqual(size.columns);
    }
  });
});

describe('MenuView', () => {
  const text = (state: TuiState): string => screen(<MenuView state={state} size={SIZES[0]!} />, 80).join('\n');

  it('lists title, level and topic, marks the chosen and those played', () => {
    expect(text(STATE)).toMatch(/›\s+A NodePort answers on every node\s+basic · service/);
    expect(text(STATE)).toMatch(/✓ Another/);
    expect(text(STATE)).toContain('↑↓ choose · enter open · q quit · l 中文');
  });

  it('speaks Chinese', () => {
    expect(text({ ...STATE, language: 'zh' })).toContain('NodePort 在每个节点上都应答');
  });

  it('keeps the chosen scenario in sight of a long list', () => {
    const scenarios = Array.from({ length: 50 }, (_, n) => ({ ...SCENARIO, name: `s${n}`, title: `Number ${n}` }));
    expect(text({ ...STATE, scenarios, selected: 37 })).toContain('› ');
    expect(text({ ...STATE, scenarios, selected: 37 })).toContain('Number 37');
  });
});

describe('WalkView', () => {
  it('shows narration, command, output and what held', () => {
    const lines = screen(<WalkView state={STATE} walk={walk()} size={SIZES[2]!} />, 140).join('\n');
    for (const text of [
      'Look at the rules.',
      'node-1 $ iptables-save -t nat',
      '-A KUBE-SERVICES',
      '✓ stdout contains "X"',
      '✗ expected: status 200',
      'observed: status 500',
    ]) {
      expect(lines).toContain(text);
    }
    expect(lines).not.toContain('exit code 0');
  });

  it('shows the lab beside it where there is room, below it where there is not', () => {
    const row = (size: (typeof SIZES)[number]): number =>
      screen(<WalkView state={STATE} walk={walk()} size={size} />, size.columns).findIndex((line) =>
        line.includes('Nodes'),
      );
    expect(row(SIZES[2]!)).toBe(0);
    expect(row(SIZES[0]!)).toBeGreaterThan(12);
    expect(arrange({ columns: 80, rows: 24 }).text.height).toBeGreaterThanOrEqual(12);
  });

  it('lists the scenario’s own pods first, with their state', () => {
    const lines = screen(<WalkView state={STATE} walk={walk()} size={SIZES[2]!} />, 140);
    const at = (text: string): number => lines.findIndex((line) => line.includes(text));
    expect(at('● web-1 10.244.1.3 node-1')).toBeGreaterThan(0);
    expect(at('○ web-2 pending')).toBe(at('● web-1') + 1);
    expect(at('coredns-1')).toBe(at('web-2') + 1);
    expect(at('web → 1 10.96.0.7 80:30078/TCP')).toBeGreaterThan(at('Services'));
  });

  it('says what is being built, and why it could not be', () => {
    const opening = { ...STATE, building: ['fabric', 'nodes'] };
    const { snapshot: _, ...unbuilt } = opening;
    const text = (one: Walk): string => screen(<WalkView state={unbuilt} walk={one} size={SIZES[0]!} />, 80).join('\n');
    expect(text(walk({ events: [], phase: 'opening' }))).toContain('Building the lab … nodes');
    expect(text(walk({ events: [], phase: 'ended', problem: 'no root' }))).toMatch(/could not be built\s+no root/);
  });
});

describe('layOut', () => {
  it('anchors at the last narration', () => {
    const again: ScenarioEvent = { type: 'stepStarted', step: { ...STEP, id: '2' } };
    const { lines, anchor } = layOut([...EVENTS, again], 'zh', 70);
    expect(lines.slice(anchor).map(({ text }) => text)).toEqual(['', '查看规则。']);
  });

  it('shows a part whole when it fits, else from its beginning, and scrolls within bounds', () => {
    const lines = Array.from({ length: 30 }, () => ({ text: 'x', tone: 'output' as const }));
    expect(firstLine({ lines, anchor: 25 }, 10, 0)).toBe(20);
    expect(firstLine({ lines, anchor: 5 }, 10, 0)).toBe(5);
    expect(firstLine({ lines, anchor: 5 }, 10, 100)).toBe(20);
    expect(firstLine({ lines, anchor: 5 }, 10, -100)).toBe(0);
  });
});
