/** The whole TUI: which screen, and what each key does. */
import { type Key, useInput, useWindowSize } from 'ink';
import { useSyncExternalStore } from 'react';
import { MenuView } from './menu-view.tsx';
import type { TuiSession } from './tui-session.ts';
import { WalkView } from './walk-view.tsx';

const PAGE = 10;

export function App({ session }: { readonly session: TuiSession }) {
  const state = useSyncExternalStore(session.subscribe, session.state);
  const size = useWindowSize();
  useInput((input, key) => {
    // Keys pressed in quick succession may come as one text.
    if (input.length > 1) for (const one of input) handleKey(session, one, { ...key, return: one === '\r' });
    else handleKey(session, input, key);
  });
  return state.walk === undefined ? (
    <MenuView state={state} size={size} />
  ) : (
    <WalkView state={state} walk={state.walk} size={size} />
  );
}

const ACTIONS: Readonly<Record<string, 'check' | 'hint' | 'solution'>> = { c: 'check', h: 'hint', s: 'solution' };

/** Does what a key stands for on the screen that is shown. */
export function handleKey(session: TuiSession, input: string, key: Key): void {
  const inMenu = session.state().walk === undefined;
  const by = moveOf(input, key);
  const action = ACTIONS[input];
  if (action !== 'solution') session.decline();
  if (input === 'q' || (key.ctrl && input === 'c')) session.close();
  else if (input === 'l') session.toggleLanguage();
  else if (inMenu && input === 'e') session.selectOtherKind();
  else if (key.return || input === ' ') inMenu ? session.open() : session.next();
  else if (by !== 0) inMenu ? session.select(by) : session.scroll(by);
  else if (/^[1-9]$/.test(input)) session.answer(Number(input));
  else if (action !== undefined) session.act(action);
  else if (input === 'a') session.toggleAuto();
  else if (input === 'b' || key.escape) session.back();
}

function moveOf(input: string, key: Key): number {
  if (key.downArrow || input === 'j') return 1;
  if (key.upArrow || input === 'k') return -1;
  if (key.pageDown) return PAGE;
  return key.pageUp ? -PAGE : 0;
}
