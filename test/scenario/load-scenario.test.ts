import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { scenarioJsonSchema } from '../../src/scenario/definition/json-schema.ts';
import { loadScenarios, parseScenario } from '../../src/scenario/definition/load-scenario.ts';

const CATALOGUE = join(import.meta.dirname, '../../scenarios');
const folder = mkdtempSync(join(tmpdir(), 'podwire-scenario-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** A scenario with these steps; step 1 begins on line 8. */
function scenario(steps: string): string {
  return `apiVersion: podwire.dev/v1alpha1
kind: Scenario
metadata: {name: test, labels: {topic: service, level: basic}}
spec:
  title: {en: A test}
  proxyModes: [iptables]
  steps:
${steps}
`;
}

function problems(text: string): readonly string[] {
  const parsed = parseScenario(text, 'test.yaml');
  return 'problems' in parsed ? parsed.problems : [];
}

describe('parseScenario', () => {
  it('reads steps by their verb', () => {
    const parsed = parseScenario(
      scenario('    - narrate: {en: Hello}\n    - {narrate: Look, exec: {in: client, command: [ip, link]}}'),
      'test.yaml',
    );
    expect(parsed).toMatchObject({
      name: 'test',
      proxyModes: ['iptables'],
      timeoutMs: 20_000,
      steps: [{ verb: 'narrate' }, { verb: 'exec', step: { narrate: 'Look' } }],
    });
  });

  it('reads the steps within a load', () => {
    const parsed = parseScenario(
      scenario(
        '    - load: {from: client, url: "http://x/", while: [{scale: {resource: deployment/web, replicas: 4}}]}',
      ),
      'test.yaml',
    );
    expect(parsed).toMatchObject({ steps: [{ verb: 'load', step: { load: { while: [{ verb: 'scale' }] } } }] });
  });

  it('checks the lab file it names, beside the scenario', () => {
    const named = (file: string) =>
      scenario('    - narrate: Hello').replace('  steps:', `  lab: {file: ${file}}\n  steps:`);
    const parsed = parseScenario(named('../lab/sources.yaml'), join(CATALOGUE, 'test.yaml'));
    expect(parsed).toMatchObject({ lab: { file: join(CATALOGUE, '../lab/sources.yaml') } });
    expect(parseScenario(named('../lab/none.yaml'), join(CATALOGUE, 'test.yaml'))).toEqual({
      problems: [expect.stringMatching(/test\.yaml:\d+:\d+: spec\.lab\.file.*there is no such file/)],
    });
  });

  const refused: readonly [string, string, RegExp][] = [
    [
      'a misspelt verb',
      '    - aply: {file: x.yaml}',
      /^test\.yaml:8:7: .*no step is called "aply"; did you mean "apply"\?/,
    ],
    ['a step that does nothing', '    - as: x', /^test\.yaml:8:7: .*expected one of the steps narrate, apply/],
    [
      'a step that does two things',
      '    - {exec: {in: client, command: [a]}, wait: {for: create, resource: pod}}',
      /a step does one thing, not wait and exec/,
    ],
    ['a step that is no mapping', '    - hello', /^test\.yaml:8:7: .*must be a step/],
    [
      'a misspelt field',
      '    - request:\n        from: client\n        urll: http://x/',
      /^test\.yaml:10:9: spec\.steps\[0\]\.request\.urll: unknown field; did you mean "url"\?/,
    ],
    ['a wrong type', '    - scale: {resource: deployment/web, replicas: many}', /^test\.yaml:8:41: .*must be a number/],
    [
      'a resource without a name',
      '    - scale: {resource: web, replicas: 1}',
      /must be KIND\/NAME, such as service\/nginx/,
    ],
    [
      'a duration without a unit',
      '    - {wait: {for: create, resource: pod}, timeout: 10}',
      /timeout: must be a string/,
    ],
    [
      'an unreadable binding',
      '    - exec: {in: client, command: [ping, "{{ a..b }}"]}',
      /\{\{ a\.\.b \}\} cannot be read/,
    ],
    [
      'a manifest that is not there',
      '    - apply: {file: nowhere.yaml}',
      /^test\.yaml:8:15: .*there is no file .*nowhere\.yaml/,
    ],
    [
      'a misspelt field in an alternative',
      '    - apply: {fil: x.yaml}',
      /^test\.yaml:8:15: spec\.steps\[0\]\.apply\.fil: unknown field; did you mean "file"\?/,
    ],
    [
      'a matcher of no known form',
      '    - exec: {in: a, command: [b]}\n      expect: {stdout: [x]}',
      /stdout: must be the whole text, or/,
    ],
    [
      'a nested step',
      '    - load: {from: client, url: "http://x/", while: [{scal: {}}]}',
      /spec\.steps\[0\]\.load\.while\[0\]\.scal: no step is called "scal"; did you mean "scale"\?/,
    ],
    ['broken YAML', '    - exec: {in: client', /^test\.yaml:\d+:\d+: /],
  ];
  it.each(refused)('refuses %s, with its place', (_, steps, message) => {
    const [first, ...rest] = problems(scenario(steps));
    expect(first).toMatch(message);
    expect(rest).toEqual([]);
  });

  it('names everything that is wrong at once', () => {
    expect(problems(scenario('    - aply: {}\n    - exec: {in: client}\n    - wat: {}'))).toHaveLength(3);
  });

  it('refuses a file that is no scenario', () => {
    expect(problems('apiVersion: v1\nkind: Pod').join('\n')).toMatch(
      /test\.yaml:1:1: apiVersion: must be "podwire\.dev/,
    );
  });
});

describe('loadScenarios', () => {
  it('loads the catalogue', () => {
    const names = loadScenarios([CATALOGUE]).map(({ name }) => name);
    expect(names).toContain('pod-to-pod-vxlan');
    expect(new Set(names).size).toBe(names.length);
  });

  it('refuses with exit code 2 before anything is built', () => {
    const file = join(folder, 'bad.yaml');
    writeFileSync(file, scenario('    - aply: {}'));
    expect(() => loadScenarios([CATALOGUE, file])).toThrow(expect.objectContaining({ exitCode: 2 }));
    expect(() => loadScenarios([join(folder, 'none.yaml')])).toThrow(expect.objectContaining({ exitCode: 2 }));
  });
});

describe('scenario.schema.json', () => {
  const committed = readFileSync(join(CATALOGUE, 'scenario.schema.json'), 'utf8');

  it('is what the definitions give: node -e "…scenarioJsonSchema()" > scenarios/scenario.schema.json', () => {
    expect(committed).toBe(scenarioJsonSchema());
  });

  it('accepts the catalogue and refuses a misspelt step', () => {
    const validate = new Ajv2020({ strict: false }).compile(JSON.parse(committed));
    for (const { file } of loadScenarios([CATALOGUE])) {
      expect(validate(parse(readFileSync(file, 'utf8'))), file).toBe(true);
    }
    expect(validate(parse(scenario('    - aply: {file: x}')))).toBe(false);
  });
});
