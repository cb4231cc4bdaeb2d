import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize, relative } from 'node:path';
import { describe, expect, it } from 'vitest';
import { drawRanks, withPicture } from '../../scripts/draw-ranks.ts';
import { RANKS, SOLE_IMPORTERS } from '../../src/ranks.ts';

const SRC = join(import.meta.dirname, '../../src');
const IMPORT =
  /^\s*(?:import|export)\s+(type\s+)?(?:[^'"`;]*?\sfrom\s+)?['"]([^'"]+)['"]|import\(\s*['"]([^'"]+)['"]\s*\)/gm;

/** The folder of the rank table a path (relative to src/) belongs to: the longest entry that is its prefix. */
function folderOf(path: string): string | undefined {
  return Object.keys(RANKS)
    .filter((folder) => path.startsWith(`${folder}/`))
    .sort((a, b) => b.length - a.length)[0];
}

interface Import {
  file: string;
  target: string;
  typeOnly: boolean;
}

function importsOf(file: string): Import[] {
  const text = readFileSync(join(SRC, file), 'utf8');
  return [...text.matchAll(IMPORT)].map((match) => ({
    file,
    target: (match[2] ?? match[3])!,
    typeOnly: match[1] !== undefined,
  }));
}

const files = readdirSync(SRC, { recursive: true, encoding: 'utf8' }).filter((file) => /\.tsx?$/.test(file));
const imports = files.flatMap(importsOf);

describe('the rank table', () => {
  it('names every folder of src/', () => {
    const homeless = files.filter((file) => file.includes('/') && folderOf(file) === undefined);
    expect(homeless).toEqual([]);
  });

  it('is kept by every import: only folders of a lower rank', () => {
    const broken: string[] = [];
    for (const { file, target } of imports) {
      if (!target.startsWith('.')) continue;
      const from = folderOf(file);
      const path = relative('.', normalize(join(dirname(file), target)));
      const to = folderOf(path);
      if (from === undefined || to === undefined || from === to) continue;
      if (RANKS[to]! >= RANKS[from]!)
        broken.push(`${file} (${from}, ${RANKS[from]}) imports ${path} (${to}, ${RANKS[to]})`);
    }
    expect(broken).toEqual([]);
  });

  it('lets one folder alone import koffi and the client-node runtime', () => {
    const broken = imports.filter(({ file, target, typeOnly }) => {
      const owner = SOLE_IMPORTERS[target];
      return owner !== undefined && !typeOnly && folderOf(file) !== owner;
    });
    expect(broken).toEqual([]);
  });

  it('is what docs/architecture.md shows (node scripts/draw-ranks.ts --write renews it)', () => {
    const present = new Set(Object.keys(RANKS).filter((folder) => existsSync(join(SRC, folder))));
    const document = readFileSync(join(SRC, '../docs/architecture.md'), 'utf8');
    expect(document).toBe(withPicture(document, drawRanks(present)));
  });
});
