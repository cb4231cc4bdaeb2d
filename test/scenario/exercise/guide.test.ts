import { existsSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import type { ScenarioEvent } from '../../../src/scenario/events.ts';
import type { LearnerAction } from '../../../src/scenario/exercise/guide.ts';
import { playExercise } from '../../../src/scenario/exercise/play-exercise.ts';
import { ailingLab, collect, EXERCISE, exercise } from './ailing-lab.ts';

let lab: ReturnType<typeof ailingLab>;
beforeEach(() => {
  lab = ailingLab();
});
afterEach(() => lab.remove());

/** What a learner does: an action here, or something in their second terminal. */
type Deed = Exclude<LearnerAction, 'leave'> | (() => void);

async function play(deeds: readonly Deed[], text = EXERCISE): Promise<ScenarioEvent[]> {
  const left = [...deeds];
  const next = async (): Promise<LearnerAction> => {
    for (;;) {
      const deed = left.shift();
      if (typeof deed !== 'function') return deed ?? 'leave';
      deed();
    }
  };
  const learner = { podwire: ['podwire', '--it is'], next };
  const signal = new AbortController().signal;
  return await collect(playExercise(exercise(text), { lab, signal, proxyMode: 'iptables', learner }));
}

const kubectl =
  (...argv: string[]) =>
  () =>
    void lab.kubectl(argv);
const told = (events: readonly ScenarioEvent[]): unknown[] =>
  events.flatMap((event) => {
    if (event.type === 'hint') return `hint ${event.number}/${event.of} ${event.text.zh}`;
    if (event.type === 'graded') return `${event.by} ${event.claims.map(({ held }) => (held ? '✓' : '✗')).join('')}`;
    if (event.type === 'stepEnded') return `${event.step.part ?? ''} ${event.step.id}`;
    return event.type === 'explained' || event.type === 'task' ? event.type : [];
  });
const SETUP = ['setup setup.1', 'setup setup.2'];

describe('an exercise with a learner', () => {
  it('grades as often as it is asked to, wrong repairs too, and explains itself once it is solved', async () => {
    const events = await play(['check', kubectl('remove'), 'check', kubectl('break'), kubectl('repair'), 'check']);
    expect(told(events)).toEqual([
      ...[...SETUP, 'task', 'learner ✗✓', 'learner ✗✗', 'learner ✓✓', 'explained', 'after c1'],
    ]);
    expect(events.find(({ type }) => type === 'graded')).toMatchObject({
      solved: false,
      claims: [
        { claim: { en: 'It works.' }, checks: [{ held: true }, { expected: 'stdout is "works"', observed: 'fails' }] },
        {},
      ],
    });
    expect(events.at(-1)).toMatchObject({ type: 'scenarioEnded', outcome: 'passed' });
    expect(lab.objects.size).toBe(0);
  });

  it('gives one hint at a time, and no more than there are', async () => {
    expect(told(await play(['hint', 'hint', 'hint', 'hint']))).toEqual([
      ...[...SETUP, 'task', 'hint 1/3 First', 'hint 2/3 第二', 'hint 3/3 Third', 'after c1'].with(-1, 'setup c1'),
    ]);
  });

  it('waits a moment for what has just been repaired', async () => {
    const late = (): void => void setTimeout(kubectl('repair'), 300);
    expect(told(await play([late, 'check']))).toContain('learner ✓✓');
  });

  it('plays its solution from the fault as it was set, whatever was changed', async () => {
    const events = await play([kubectl('remove'), 'solution']);
    expect(told(events)).toEqual([
      ...[...SETUP, 'task', 'setup c1', ...SETUP, 'solution solution.1', 'solution ✓✓', 'explained', 'after c1'],
    ]);
    // The learner's kubeconfig names the namespace: it is made again under the same name.
    const made = lab.log.filter((line) => line.startsWith('create namespaces'));
    expect(made).toHaveLength(2);
    expect(new Set(made).size).toBe(1);
  });

  it('has a folder with what a second terminal needs, for as long as it is played', async () => {
    const text = EXERCISE.replace('  hints:', '  files: [manifests/debug/service.yaml]\n  hints:');
    let seen: { config: unknown; environment: string; manifest: string } | undefined;
    let folder = '';
    const look = (): void => {
      const namespace = [...lab.objects.keys()][0]!.split('/')[1]!;
      folder = `${dirname(lab.kubeconfig)}/${namespace}`;
      seen = {
        config: parse(readFileSync(`${folder}/kubeconfig`, 'utf8')),
        environment: readFileSync(`${folder}/env`, 'utf8'),
        manifest: readFileSync(`${folder}/service.yaml`, 'utf8'),
      };
      expect(seen.config).toEqual({
        contexts: [{ name: 'lab', context: { cluster: 'lab', user: 'admin', namespace } }],
      });
    };
    const events = await play([look], text);
    expect(events.find(({ type }) => type === 'task')).toMatchObject({ environment: `${folder}/env`, hints: 3 });
    expect(seen?.environment).toContain(`export KUBECONFIG=${folder}/kubeconfig\nexport PODWIRE_NAME=fake\n`);
    expect(seen?.environment).toContain(`podwire() { podwire '--it is' "$@"; }\ncd ${folder}\n`);
    expect(seen?.manifest).toContain('port: "80"');
    expect(existsSync(folder)).toBe(false);
  });
});
