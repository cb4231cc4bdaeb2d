import type { Key } from 'ink';
import { describe, expect, it } from 'vitest';
import { parseScenario } from '../../src/scenario/definition/load-scenario.ts';
import type { Scenario } from '../../src/scenario/definition/scenario.ts';
import { handleKey } from '../../src/tui/app.tsx';
import { TuiSession } from '../../src/tui/tui-session.ts';
import { type FakeLab, fakeLab } from '../scenario/fake-lab.ts';

const KEY = { return: false, ctrl: false, upArrow: false, downArrow: false } as Key;

function scenario(name: string): Scenario {
  const parsed = parseScenario(
    `apiVersion: podwire.dev/v1alpha1
kind: Scenario
metadata: {name: ${name}, labels: {topic: service, level: basic}}
spec:
  title: {en: A test}
  steps:
    - {narrate: {en: First}, exec: {in: node-1, command: [one]}}
    - {exec: {in: node-1, command: [two]}}
    - {narrate: {en: Second}, exec: {in: node-1, command: [three]}}
`,
    'test.yaml',
  );
  if ('problems' in parsed) throw new Error(parsed.problems.join('\n'));
  return parsed;
}

function open(options: { borrowed?: boolean; fail?: Error } = {}): {
  session: TuiSession;
  lab: FakeLab;
  opened: number[];
} {
  const lab = fakeLab();
  const opened: number[] = [];
  const session = new TuiSession([scenario('a'), scenario('b')], {
    language: 'en',
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
