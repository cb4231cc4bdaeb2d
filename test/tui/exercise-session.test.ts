import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { handleKey } from '../../src/tui/app.tsx';
import { layOut } from '../../src/tui/transcript.ts';
import { TuiSession } from '../../src/tui/tui-session.ts';
import { walkKeys } from '../../src/tui/walk-keys.ts';
import { wordsOf } from '../../src/tui/words.ts';
import { ailingLab, exercise } from '../scenario/exercise/ailing-lab.ts';

/** A repair that has just been made is waited for, a second at most; a machine under load takes longer. */
const SOON = { timeout: 10_000 };
const KEY = {} as Parameters<typeof handleKey>[2];
let lab: ReturnType<typeof ailingLab>;
let session: TuiSession;
beforeEach(async () => {
  lab = ailingLab();
  session = new TuiSession([exercise()], {
    language: 'en',
    podwire: ['podwire'],
    openLab: async () => ({ lab, borrowed: true, release: async () => void lab.log.push('release') }),
  });
  session.open();
  await expect.poll(turn, SOON).toBe('action');
});
afterEach(async () => {
  session.close();
  await session.closed;
  expect(lab.objects.size).toBe(0);
  lab.remove();
});

const walk = () => session.state().walk!;
const turn = () => session.state().walk?.turn;
const press = (...keys: string[]) => keys.forEach((key) => void handleKey(session, key, KEY));
const text = (language: 'en' | 'zh' = 'en'): string =>
  layOut(walk().events, language, 76)
    .lines.map((line) => line.text)
    .join('\n');
const keys = (): string =>
  walkKeys(walk(), 0, wordsOf('en'))
    .map((key) => key.text)
    .join(' · ');
const repairs = (): number => lab.log.filter((line) => line.includes('repair')).length;

/** Presses a key and waits until it is the learner's turn again. */
async function act(key: string): Promise<void> {
  const before = walk().events.length;
  press(key);
  await expect.poll(() => walk().events.length > before && turn() === 'action', SOON).toBe(true);
}

describe('an exercise in the walkthrough', () => {
  it('shows the task, and not how the fault was set', () => {
    expect(text()).toContain('Repair 192.168.1.11.');
    expect(text()).toMatch(/ {2}\. .*\/test-\w+\/env/);
    expect(text()).toContain('This is seen.\n\n$ kubectl look');
    expect(text()).not.toContain('break');
    expect(text('zh')).toContain('修复 192.168.1.11。');
    expect(keys()).toBe('c check · h hint 0/3 · s solution · ↑↓ scroll · b menu · q quit · l 中文');
  });

  it('grades, and shows of what does not hold how it was looked at and what was seen', async () => {
    await act('c');
    expect(text()).toContain(
      'Checked: 1 of 2 hold\n✗ It works.\n  node-1 $ try it\n  expected: stdout is "works"\n  observed: fails\n✓ It is there.',
    );
    await lab.kubectl(['repair']);
    await act('c');
    expect(text()).toContain('Checked: everything holds\n✓ It works.\n✓ It is there.\n\nIt was broken.');
    expect(session.state().outcomes).toEqual({ test: 'passed' });
    press('\r');
    handleKey(session, '', { ...KEY, return: true });
    await expect.poll(() => session.state().walk).toBeUndefined();
  });

  it('gives hints one at a time', async () => {
    await act('h');
    await act('h');
    expect(text('zh')).toContain('提示 2/3\n第二');
    expect(text()).not.toContain('Third');
    expect(keys()).toContain('h hint 2/3');
  });

  it('shows the solution only when it is asked for twice, and gives no credit for it', async () => {
    press('s');
    expect(turn()).toBe('confirmation');
    expect(keys()).toMatch(/^s show the solution/);
    press('x');
    expect(turn()).toBe('action');
    expect(repairs()).toBe(0);
    press('s', 's');
    await expect.poll(() => turn() === 'action' && repairs() === 1, SOON).toBe(true);
    expect(text()).toContain('Solution\nIt is repaired.\n\n$ kubectl repair it');
    expect(text()).toContain('Checked: everything holds');
    // The fault was set anew, out of sight.
    expect(text().match(/This is seen/g)).toHaveLength(1);
    expect(session.state().outcomes).toEqual({});
  });

  it('takes no key for an action while something runs', async () => {
    press('c');
    press('c', 'h', 's', 's');
    await expect.poll(turn, SOON).toBe('action');
    expect(walk().events.filter(({ type }) => type === 'graded' || type === 'hint')).toHaveLength(1);
  });
});
