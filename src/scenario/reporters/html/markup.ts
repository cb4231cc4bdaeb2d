/** Small pieces of the HTML report that several of its parts use. */
import type { ScenarioOutcome } from '../../events.ts';
import type { Language } from '../../localize.ts';
import { attribute, escapeXml } from '../xml.ts';
import { WORDS } from './words.ts';

const MARKS = { passed: '✓', failed: '✗', interrupted: '…', skipped: '–' } as const;

/** The mark of an outcome; whoever does not see it hears the word. */
export function mark(outcome: ScenarioOutcome | 'skipped', language: Language): string {
  const word = WORDS[language].outcome[outcome];
  return `<span class="mark" role="img"${attribute('aria-label', word)}>${MARKS[outcome]}</span>`;
}

/** What a box of text shows without scrolling. */
const BOX = { lines: 24, columns: 130 };

/** Text as it is, in a box that scrolls where it is long; the keyboard comes only to those that do. */
export function pre(text: string): string {
  const lines = text.split('\n');
  const scrolls = lines.length > BOX.lines || lines.some((line) => line.length > BOX.columns);
  return `<pre${scrolls ? ' tabindex="0"' : ''}>${escapeXml(text)}</pre>`;
}

/** Markup that is unfolded on request. */
export function folded(title: string, content: string): string {
  return `<details><summary>${escapeXml(title)}</summary>${content}</details>`;
}

/** A picture in a box that scrolls. */
export function frame(svg: string): string {
  return `<div class="frame" tabindex="0">${svg}</div>`;
}

/** `1.23 s` */
export function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(2)} s`;
}
