// Draws the folder picture of docs/architecture.md from the rank table. `node scripts/draw-ranks.ts --write` renews it;
// test/architecture/ranks.test.ts fails when it is stale.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { RANKS } from '../src/ranks.ts';

const BEGIN = '<!-- ranks: drawn by scripts/draw-ranks.ts -->';
const END = '<!-- /ranks -->';
const DOCUMENT = join(import.meta.dirname, '../docs/architecture.md');

/** One line a rank, highest first. `present` are the folders that exist; the others are marked as planned. */
export function drawRanks(present: ReadonlySet<string>): string {
  const lines: string[] = [];
  for (let rank = Math.max(...Object.values(RANKS)); rank >= 0; rank -= 1) {
    const folders = Object.keys(RANKS).filter((folder) => RANKS[folder] === rank);
    if (folders.length === 0) continue;
    const names = folders.map((folder) => (present.has(folder) ? folder : `(${folder})`));
    lines.push(`  ${rank}  ${names.join('   ')}`);
  }
  return ['```text', ...lines, '```'].join('\n');
}

/** The document with its picture replaced. */
export function withPicture(document: string, picture: string): string {
  const begin = document.indexOf(BEGIN);
  const end = document.indexOf(END);
  if (begin < 0 || end < begin) throw new Error(`${DOCUMENT} lacks the lines ${BEGIN} and ${END}`);
  return `${document.slice(0, begin + BEGIN.length)}\n${picture}\n${document.slice(end)}`;
}

if (process.argv[2] === '--write') {
  const { existsSync } = await import('node:fs');
  const present = new Set(
    Object.keys(RANKS).filter((folder) => existsSync(join(import.meta.dirname, '../src', folder))),
  );
  writeFileSync(DOCUMENT, withPicture(readFileSync(DOCUMENT, 'utf8'), drawRanks(present)));
}
