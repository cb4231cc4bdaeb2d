import type { Key } from 'ink';
import { describe, expect, it } from 'vitest';
import { parseScenario } from '../../src/scenario/definition/load-scenario.ts';
import type { Scenario } from '../../src/scenario/definition/scenario.ts';
import { handleKey } from '../../src/tui/app.tsx';
import { TuiSession } from '../../src/tui/tui-session.ts';
import { type FakeLab, fakeLab } from '../scenario/fake-lab.ts';

const KEY = { return: false, ctrl: false, upArrow: false, downArrow: false } as Key;

const STEPS = [
  '{narrate: {en: First}, exec: {in: node-1, command: [one]}}',
  '{exec: {in: node-1, command: [two]}}',
  '{narrate: {en: Second}, exec: {in: node-1, command: [three]}}',
];

function scenario(name: string, steps: readonly string[] = STEPS): Scenario {
  const parsed = parseScenario(
    `apiVersion: podwire.dev/v1alpha1
kind: Scenario
metadata: {name: ${name}, labels: {topic: service, level: basic}}
spec:
  title: {en: A test}
  steps:
${steps.map((step) => `    - ${step}`).join('\n')}
`,
    'test.yaml',
  );
  if ('problems' in parsed) throw new Error(parsed.problems.join('\n'));
  if (parsed.kind !== 'Scenario') throw new Error(`a scenario, not an ${parsed.kind}`);
  return parsed;
}

function open(options: { borrowed?: boolean; fail?: Error; scenarios?: readonly Scenario[] } = {}): {
  session: TuiSession;
  lab: FakeLab;
  opened: number[];
} {
  const lab = fakeLab();
  const opened: number[] = [];
  const session = new TuiSession(options.scenarios ?? [scenario('a'), scenario('b')], {
    language: 'en',
    podwire: ['podwire'],
    openLab: async (_, { progress }) => {
      if (options.fail !== undefined) throw options.fail;
      opened.push(1);
      progress('fabric');
      return { lab, borrowed: options.borrowed ?? false, release: async () => void lab.log.push('release') };
    },
  });
  return { session, lab, opened };
}

const phase = (session: TuiSession): string | undefined => session.state().walk?.phase;
const ran = (lab: FakeLab): string[] => lab.log.filter((line) => line.startsWith('exec'));

describe('TuiSession', () => {
  it('waits before each paragraph and plays what belongs to it', async () => {
    const { session, lab } = open();
    session.open();
    await expect.poll(() => phase(session)).toBe('ready');
    expect(ran(lab)).toEqual([]);
    session.next();
    await expect.poll(() => ran(lab)).toEqual(['exec node-1 one', 'exec node-1 two']);
    await expect.poll(() => phase(session)).toBe('ready');
    session.next();
    await expect.poll(() => phase(session)).toBe('ended');
    expect(session.state().outcomes).toEqual({ a: 'passed' });
  });

  it('cleans up on the way back to the menu, and keeps the lab', async () => {
    const { session, lab, opened } = open();
    session.open();
    await expect.poll(() => phase(session)).toBe('ready');
    session.back();
    await expect.poll(() => session.state().walk).toBeUndefined();
    expect(lab.objects.size).toBe(0);
    expect(lab.log).not.toContain('release');
    session.select(1);
    session.open();
    await expect.poll(() => phase(session)).toBe('ready');
    expect(opened).toHaveLength(1);
  });

  it('releases the lab when it closes, in the middle of a scenario too', async () => {
    const { session, lab } = open();
    session.open();
    await expect.poll(() => phase(session)).toBe('ready');
    session.close();
    await session.closed;
    expect(lab.log.at(-1)).toBe('release');
    // The lab is removed whole: deleting the namespace first would only take time.
    expect(lab.log.some((line) => line.startsWith('delete namespaces'))).toBe(false);
  });

  it('leaves nothing in a borrowed lab when it closes', async () => {
    const { session, lab } = open({ borrowed: true });
    session.open();
    await expect.poll(() => phase(session)).toBe('ready');
    session.close();
    await session.closed;
    expect(lab.objects.size).toBe(0);
  });

  it('plays by itself when asked to', async () => {
    const { session } = open();
    session.open();
    await expect.poll(() => phase(session)).toBe('ready');
    session.toggleAuto();
    await expect.poll(() => phase(session), { timeout: 5_000 }).toBe('ended');
  });

  it('says why the lab could not be had, and lives on', async () => {
    const { session } = open({ fail: new Error('no root') });
    session.open();
    await expect.poll(() => session.state().walk?.problem).toBe('no root');
    session.next();
    await expect.poll(() => session.state().walk).toBeUndefined();
  });
});

describe('a question', () => {
  const asking = scenario('asking', ['ask: {question: Which?, choices: [one, two], answer: 2}', 'narrate: The end']);

  it('waits for a choice, then tells what is right; without one it goes on too', async () => {
    const { session } = open({ scenarios: [asking] });
    session.open();
    const last = () => session.state().walk?.events.at(-1)?.type;
    // Before the question, at the question, behind its answer.
    await expect.poll(() => phase(session)).toBe('ready');
    session.answer(1);
    expect(session.state().walk?.chosen).toEqual({});
    session.next();
    await expect.poll(() => `${last()} ${phase(session)}`).toBe('question ready');
    session.answer(3);
    handleKey(session, '1', KEY);
    expect(session.state().walk?.chosen).toEqual({ 1: 1 });
    await expect.poll(() => `${last()} ${phase(session)}`).toBe('stepEnded ready');
    session.close();
    await session.closed;
  });
});

describe('handleKey', () => {
  it('moves, opens, goes on, scrolls, goes back and quits', async () => {
    const { session } = open();
    const press = (input: string, key: Partial<Key> = {}): void => handleKey(session, input, { ...KEY, ...key });
    press('', { downArrow: true });
    expect(session.state().selected).toBe(1);
    press('l');
    expect(session.state().language).toBe('zh');
    press('', { return: true });
    await expect.poll(() => phase(session)).toBe('ready');
    press('', { downArrow: true });
    expect(session.state().walk?.scroll).toBe(1);
    press('b');
    await expect.poll(() => session.state().walk).toBeUndefined();
    press('c', { ctrl: true });
    await session.closed;
  });
});
