/** What a report holds of a real lab: walks as data, what each step changed in the kernel's rules, evidence in the backend's own words. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterAll, expect, it } from 'vitest';
import { labOpener } from '../../../src/cli/lease-lab.ts';
import { down } from '../../../src/lab/down.ts';
import { listLabs } from '../../../src/lab/state-directory.ts';
import { runScenarios } from '../../../src/scenario/run-command.ts';

const name = `t${process.pid}-rep`;
const folder = mkdtempSync(join(tmpdir(), 'podwire-report-'));
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true });
  for (const lab of listLabs().filter((lab) => lab.startsWith(name))) await down(lab);
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

it('tells walks, changed rules and evidence from the kernel', { timeout: 120_000 }, async () => {
  const file = join(folder, 'reported.yaml');
  const out = join(folder, 'report.json');
  writeFileSync(file, SCENARIO);
  const exitCode = await runScenarios({
    paths: [file],
    language: 'en',
    reporter: 'json',
    out,
    openLab: labOpener({ name, kernel: 'host' }),
    obstacles: async () => new Map(),
    stdout: new PassThrough().resume(),
    stderr: new PassThrough().resume(),
    signal: new AbortController().signal,
  });
  expect(exitCode).toBe(1);
  const { steps } = JSON.parse(readFileSync(out, 'utf8')).scenarios[0] as { steps: Step[] };
  expect(steps.map(({ verb }) => verb)).toEqual(['apply', 'wait', 'request', 'proxyMode', 'trace', 'exec']);
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
});
