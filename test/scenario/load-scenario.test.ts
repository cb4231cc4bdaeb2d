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

  it('names everything that is wrong at once', () => {
    expect(problems(scenario('    - aply: {}\n    - exec: {in: client}\n    - wat: {}'))).toHaveLength(3);
  });
});

describe('loadScenarios', () => {
  it('loads the catalogue', () => {
    const names = loadScenarios([CATALOGUE]).map(({ name }) => name);
    expect(names).toContain('pod-to-pod-vxlan');
    expect(new Set(names).size).toBe(names.length);
  });

  it('refuses two files of one name, and a manifest that is no YAML, each with its place', () => {
    const [first, second, broken] = ['first.yaml', 'second.yaml', 'broken.yaml'].map((name) => join(folder, name));
    writeFileSync(first!, scenario('    - narrate: Hello'));
    writeFileSync(second!, scenario('    - narrate: Hello'));
    expect(loadScenarios([first!, first!])).toHaveLength(2);
    expect(() => loadScenarios([first!, second!])).toThrow(
      expect.objectContaining({ why: `${second}:3:12: metadata.name: "test" is the name of ${first} already` }),
    );
    writeFileSync(join(folder, 'pod.yaml'), 'kind: Pod\n\tmetadata: {}\n');
    writeFileSync(broken!, scenario('    - apply: {file: pod.yaml}'));
    expect(() => loadScenarios([broken!])).toThrow(
      expect.objectContaining({
        why: expect.stringMatching(/broken\.yaml:8:15: .*pod\.yaml is no YAML: .* at line 2, column 1$/),
      }),
    );
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
