/** A false claim put into a scenario of the catalogue, played live: exit code 1, what was expected beside what was seen. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterAll, expect, it } from 'vitest';
import { labOpener } from '../../../src/cli/lease-lab.ts';
import { runScenarios } from '../../../src/scenario/run-command.ts';
import { uniqueLabName, withLab } from '../lab/fixture.ts';

const CATALOGUE = join(import.meta.dirname, '../../../scenarios');
const folder = mkdtempSync(join(tmpdir(), 'podwire-false-'));
afterAll(() => rmSync(folder, { recursive: true }));

interface FalseClaim {
  readonly file: string;
  /** What the file says, and what it shall say instead. */
  readonly true: string;
  readonly false: string;
  /** What the report says of it: the step that fails, both sides of the claim. */
  readonly step: RegExp;
  readonly expected: string;
  readonly observed: RegExp;
}

/** The step is given up soon: what it claims will not come. What a first look saw is told, however long others take. */
const SOON = '\n      timeout: 4s';

const CLAIMS: Readonly<Record<string, FalseClaim>> = {
  'a hop': {
    file: '28-hairpin.yaml',
    true: 'source: "{{ bridge }}"',
    false: 'source: "{{ client.ip }}"',
    step: /step 6 \(trace\) failed/,
    expected: 'self eth0 in, 192.168.1.100 > 10.244.1.',
    observed: /^closest: self eth0 in: 10\.244\.1\.1:\d+ > 10\.244\.1\.\d+:80: TCP SYN/,
  },
  'a count': {
    file: '02-pod-to-pod-same-node.yaml',
    true: 'wait: {for: condition=Ready, resource: pod, count: 2}',
    false: `wait: {for: condition=Ready, resource: pod, count: 3}${SOON}`,
    step: /step 2 \(wait\) failed/,
    expected: 'pod: condition=Ready, 3 objects',
    observed: /^\d of 2/,
  },
  'a status': {
    file: '14-nodeport.yaml',
    true: 'expect: {status: 200, distinct: {header.x-pod: 3}}',
    false: `expect: {status: 404, distinct: {header.x-pod: 3}}${SOON}`,
    step: /step \d+ \(request\) failed/,
    expected: 'status 404',
    observed: /^200 \d+ times$/,
  },
  'a name': {
    file: '10-clusterip-chosen.yaml',
    true: 'assert: {object: {kind: Service, metadata: {name: chosen}',
    false: 'timeout: 4s\n      assert: {object: {kind: Service, metadata: {name: given}',
    step: /step \d+ \(assert\) failed/,
    expected: 'service/given exists',
    observed: /^it does not$/,
  },
  'an answer of DNS': {
    file: '22-dns.yaml',
    true: 'expect: {answers: ["{{ services.web.clusterIP }}"]}',
    false: `expect: {answers: ["{{ node-1.ip }}"]}${SOON}`,
    step: /step \d+ \(resolve\) failed/,
    expected: 'answers: 192.168.1.11',
    observed: /^10\.\d+\.\d+\.\d+$/,
  },
};

/** Writes the scenario with the false claim; what it names stands beside it. */
function falsify(name: string, claim: FalseClaim): string {
  const place = join(folder, name);
  mkdirSync(place);
  symlinkSync(join(CATALOGUE, 'manifests'), join(place, 'manifests'));
  const text = readFileSync(join(CATALOGUE, claim.file), 'utf8');
  const changed = text.replace(claim.true, claim.false);
  if (changed === text) throw new Error(`${claim.file} does not say ${claim.true} any more`);
  writeFileSync(join(place, claim.file), changed);
  return join(place, claim.file);
}

async function run(file: string, lab: string): Promise<{ exitCode: number; lines: readonly string[] }> {
  const stdout = new PassThrough();
  let text = '';
  stdout.on('data', (chunk: Buffer) => {
    text += chunk.toString();
  });
  const exitCode = await runScenarios({
    ...{ paths: [file], proxyModes: ['iptables'], language: 'en' },
    ...{ stdout, stderr: new PassThrough(), signal: new AbortController().signal },
    openLab: labOpener({ name: lab, kernel: 'host' }),
    obstacles: async () => new Map(),
  });
  return { exitCode, lines: text.split('\n').map((line) => line.trim()) };
}

it('is found out: a hop, a count, a status, a name, an answer of DNS', async () => {
  const name = uniqueLabName();
  await withLab({ name }, async () => {
    await Promise.all(
      Object.entries(CLAIMS).map(async ([what, claim]) => {
        const { exitCode, lines } = await run(falsify(what, claim), name);
        const failed = lines.flatMap((line, index) =>
          line.startsWith('✗ expected: ') ? [{ expected: line.slice(12), observed: lines[index + 1] ?? '' }] : [],
        );
        expect({ exitCode, claims: failed.length }, `${what}:\n${lines.join('\n')}`).toEqual({
          exitCode: 1,
          claims: 1,
        });
        expect(failed[0]?.expected, what).toContain(claim.expected);
        expect(failed[0]?.observed.replace('observed: ', ''), what).toMatch(claim.observed);
        expect(lines.join('\n'), what).toMatch(claim.step);
      }),
    );
  });
});
