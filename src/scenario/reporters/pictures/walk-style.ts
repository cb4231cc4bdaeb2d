/** The colours of pages and pictures, in light and in dark, and how a walk's picture looks. */

/** The colours, as custom properties of `root`. */
export function palette(root: string): string {
  return `
${root} { color-scheme: light dark; --ink: #1b1f24; --dim: #5c6370; --line: #ccd2dc; --paper: #fff; --soft: #f4f5f8; --good: #157f3b; --bad: #c1121f;
  --there: #1f5fd0; --back: #0b7d6e; --nat: #b0267e; --nat-soft: #fbe6f3; --tunnel: #e3a008; --tunnel-ink: #7a5200; --tunnel-soft: #fdf2d0; }
@media (prefers-color-scheme: dark) { ${root} { --ink: #e6e8ec; --dim: #9aa1ad; --line: #414856; --paper: #16181c; --soft: #20242b; --good: #4cc38a; --bad: #ff7b7b;
  --there: #7aa8ff; --back: #4fd1bd; --nat: #ff8ad1; --nat-soft: #43203a; --tunnel: #c98a00; --tunnel-ink: #ffd479; --tunnel-soft: #3d3010; } }`;
}

export const WALK_STYLE = `
.picture text { font-family: ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace; fill: var(--ink); white-space: pre; }
.walk .lane { fill: var(--soft); stroke: var(--line); } .walk .lane.fabric { fill: none; stroke-dasharray: 4 3; } .walk .host { font-weight: bold; }
.walk .device, .walk .time { fill: var(--dim); } .walk .guide { stroke: var(--line); stroke-dasharray: 1 4; } .walk .turn { stroke: var(--dim); stroke-dasharray: 6 4; }
.walk .path { fill: none; stroke-width: 1.8; } .walk .path.there { stroke: var(--there); } .walk .path.back { stroke: var(--back); } .walk .between { stroke: var(--dim); stroke-dasharray: 2 3; }
.walk .arrow.there, .walk .hop.there { fill: var(--there); } .walk .arrow.back, .walk .hop.back { fill: var(--back); } .walk .hop { stroke: var(--paper); stroke-width: 1; }
.walk .tunnel { stroke: var(--tunnel); stroke-width: 9; stroke-linecap: round; opacity: .35; } .walk .hop.nat { fill: var(--nat); }
.walk .note.packet text { paint-order: stroke; stroke: var(--soft); stroke-width: 3px; } .walk .note.nat rect { fill: var(--nat-soft); } .walk .note.nat text { fill: var(--nat); }
.walk .note.vxlan rect { fill: var(--tunnel-soft); } .walk .note.vxlan text { fill: var(--tunnel-ink); } .walk .note.lost rect { fill: var(--paper); stroke: var(--bad); } .walk .note.lost text { fill: var(--bad); }
`;
