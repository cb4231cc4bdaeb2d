/** Reports against the schemas and parsers that their readers have: of a run made up, cut short anywhere, and of a real one. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Parser } from 'tap-parser';
import { afterAll, describe, expect, it } from 'vitest';
import { labOpener } from '../../../src/cli/lease-lab.ts';
import { down } from '../../../src/lab/down.ts';
import { listLabs } from '../../../src/lab/state-directory.ts';
import { loadScenarios } from '../../../src/scenario/definition/load-scenario.ts';
import type { ScenarioEvent } from '../../../src/scenario/events.ts';
import { playAll } from '../../../src/scenario/play-all.ts';
import { makeReporter } from '../../../src/scenario/reporters/make-reporter.ts';
import type { ReporterName } from '../../../src/scenario/reporters/reporter.ts';
import { markup } from '../../scenario/reporters/markup.ts';
import { playedRun } from '../../scenario/reporters/played.ts';
import { fetchSchemas, SCHEMAS, validate } from './junit-schemas.ts';

const name = `t${process.pid}-rep`;
const folder = mkdtempSync(join(tmpdir(), 'podwire-test-'));
const reason = fetchSchemas(folder);
afterAll(async () => {
  rmSync(folder, { recursive: true });
  for (const lab of listLabs().filter((lab) => lab.startsWith(name))) await down(lab);
});

/** What a reporter writes about these events. */
function written(format: ReporterName, events: readonly ScenarioEvent[]): string {
  const reporter = makeReporter(format, { language: 'en', colour: false });
  return `${[...events.flatMap((event) => reporter.lines(event)), ...reporter.summary()].join('\n')}\n`;
}

function junitFile(label: string, events: readonly ScenarioEvent[]): string {
  const file = join(folder, `${label}.xml`);
  writeFileSync(file, written('junit', events));
  return file;
}

describe('junit', () => {
  it.skipIf(reason !== undefined).each(SCHEMAS)(
    'is valid by $schema, wherever the run was cut short',
    ({ schema, skips }) => {
      const events = playedRun().filter(({ type }) => skips || type !== 'scenarioSkipped');
      const reports = Array.from({ length: events.length + 1 }, (_, count) =>
        junitFile(`${count}`, events.slice(0, count)),
      );
      expect(() => validate(folder, schema, reports)).not.toThrow();
    },
  );
});

const SCENARIO = `apiVersion: podwire.dev/v1alpha1
kind: Scenario
metadata: {name: reported, labels: {topic: service, level: basic}}
spec:
  title: Reported
  lab: {nodes: 2}
  proxyModes: [iptables]
  steps:
    - apply:
        objects:
          - {apiVersion: v1, kind: Pod, metadata: {name: web, labels: {app: web}}, spec: {containers: [{name: web, image: nginx}]}}
          - {apiVersion: v1, kind: Service, metadata: {name: web}, spec: {selector: {app: web}, ports: [{port: 80}]}}
    - wait: {for: condition=Ready, resource: pod/web}
    - request: {from: node-1, url: "http://{{ services.web.clusterIP }}/"}
    - proxyMode: {mode: nftables}
    - trace: {from: node-1, to: "{{ services.web.clusterIP }}:80"}
    - exec: {in: node-1, command: ["false"]}
`;

interface Step {
  readonly verb: string;
  readonly hops?: readonly { readonly host: string; readonly way: string; readonly destination: string }[];
  readonly rules?: {
    readonly problem?: string;
    readonly changes: readonly {
      readonly nodes: readonly string[];
      readonly sections: readonly {
        readonly place: string;
        readonly change?: string;
        readonly added: readonly { readonly text: string; readonly about?: { readonly part?: string } }[];
      }[];
    }[];
  };
  readonly evidence: readonly { readonly title: string; readonly text: string }[];
}

describe('a real run', () => {
  it('tells walks, changed rules and evidence from the kernel, valid in every format', {
    timeout: 120_000,
  }, async () => {
    const events = await played();
    const report = JSON.parse(written('json', events)) as { scenarios: [{ outcome: string; steps: Step[] }] };
    const [{ outcome, steps }] = report.scenarios;
    expect(outcome).toBe('failed');
    expect(steps.map(({ verb }) => verb)).toEqual(['apply', 'wait', 'request', 'proxyMode', 'trace', 'exec']);
    expectKernelFacts(steps);

    if (reason === undefined) {
      const file = junitFile('real', events);
      for (const { schema } of SCHEMAS) expect(() => validate(folder, schema, [file])).not.toThrow();
    }
    const verdict = Parser.parse(written('tap', events)).find(([kind]) => kind === 'complete');
    expect(verdict?.[1]).toMatchObject({ ok: false, count: 1, fail: 1 });
    const page = written('html', events);
    expect(markup(page).filter(({ name: element }) => element === 'svg')).toHaveLength(2);
    expect(page).toContain('rules changed: +');
  });
});

async function played(): Promise<ScenarioEvent[]> {
  const file = join(folder, 'reported.yaml');
  writeFileSync(file, SCENARIO);
  const events: ScenarioEvent[] = [];
  const playing = playAll(loadScenarios([file]), {
    proxyModes: ['iptables'],
    keepOnFailure: false,
    openLab: labOpener({ name, kernel: 'host' }),
    signal: new AbortController().signal,
    recordRules: true,
  });
  for await (const event of playing) events.push(event);
  return events;
}

function expectKernelFacts(steps: readonly Step[]): void {
  const [, , , switched, walked, failed] = steps;

  // The pod is ready at the apply or only at the wait: by then its endpoint was added, on every node.
  const early = steps.slice(0, 3).flatMap(({ rules }) => rules?.changes ?? []);
  const ofEndpoint = early.flatMap(({ nodes, sections }) =>
    sections
      .filter(({ place, change, added }) => /^nat KUBE-SEP-/.test(place) && change === 'new' && added.length > 0)
      .map(() => nodes),
  );
  expect([...new Set(ofEndpoint.flat())].sort()).toEqual(['control-plane', 'node-1']);
  expect(
    early.flatMap(({ sections }) => sections.flatMap(({ added }) => added)).map(({ about }) => about?.part),
  ).toContain('all endpoints');

  const places = switched!.rules!.changes.flatMap(({ sections }) => sections);
  expect(places.some(({ place, change }) => place === 'nat KUBE-SERVICES' && change === 'gone')).toBe(true);
  expect(places.some(({ place, change }) => place === 'ip kube-proxy service-ips' && change === 'new')).toBe(true);

  expect(walked!.hops!.at(0)).toMatchObject({ host: 'node-1', way: 'there' });
  expect(walked!.hops!.some(({ way }) => way === 'back')).toBe(true);

  const evidence = new Map(failed!.evidence.map(({ title, text }) => [title, text]));
  expect(evidence.get('rules of these Services, on each node')).toMatch(
    /control-plane \(nftables\), node-1 \(nftables\):[\s\S]*dnat (ip )?to/,
  );
  expect(evidence.get('connections of these Services, as conntrack knows them')).toMatch(/tcp .*dport=80/);
  expect(evidence.get('kube-proxy on each node')).toMatch(/node-1:\n {2}mode nftables, .*\n {2}healthz: .*\(200\)/);
}
