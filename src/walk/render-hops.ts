/** A walk as text: one line per hop, times and places in columns, translations under the hop that shows them. */
import type { Hop } from './hops.ts';

/** The lines of a walk. */
export function renderHops(hops: readonly Hop[]): string[] {
  const rows = hops.map((hop) => [`${hop.at.toFixed(0)} µs`, hop.point.host, hop.device, hop.direction, hop.summary]);
  const widths = [0, 1, 2, 3].map((column) => Math.max(0, ...rows.map((row) => row[column]!.length)));
  return hops.flatMap((hop, index) => {
    const cells = rows[index]!.map((cell, column) =>
      column === 0 ? cell.padStart(widths[0]!) : cell.padEnd(widths[column] ?? 0),
    );
    const indent = ' '.repeat(widths[0]! + 1);
    const notes = hop.translations.map(({ action, reversed, from, to }) =>
      reversed ? `${indent}↳ ${action} undone: ${from} → ${to}` : `${indent}↳ ${action}: ${from} → ${to}`,
    );
    const turn = hop.way === 'back' && hops[index - 1]?.way === 'there' ? [`${indent}— and back —`] : [];
    return [...turn, cells.join(' ').trimEnd(), ...notes];
  });
}
