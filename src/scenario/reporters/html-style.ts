/** How the HTML report looks, in light and in dark. */
import { palette, WALK_STYLE } from './pictures/walk-style.ts';

export const STYLE = `${palette(':root')}${WALK_STYLE}
body { max-width: 76rem; margin: 2rem auto; padding: 0 1rem; font: 16px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper); }
table { border-collapse: collapse; } td { padding: .2rem .8rem .2rem 0; border-bottom: 1px solid var(--line); }
tr.passed td:first-child, section.passed h2 { color: var(--good); } tr.failed td:first-child, section.failed h2 { color: var(--bad); }
.about, .address, .skipped { color: var(--dim); } section { margin-top: 3rem; } article { margin: 1.2rem 0; }
.narration { max-width: 60rem; margin: 1.4rem 0 .3rem; } .command, pre { font: 13px/1.4 ui-monospace, monospace; }
.command { color: var(--dim); white-space: pre-wrap; } pre { margin: .2rem 0; padding: .5rem .7rem; overflow-x: auto; background: var(--soft); max-height: 30rem; }
ul { margin: .3rem 0; padding-left: 1.2rem; list-style: none; } li::before { margin-left: -1.2rem; padding-right: .4rem; }
li.held::before { content: "✓"; color: var(--good); } li.broken::before { content: "✗"; color: var(--bad); } .broken, .problem { color: var(--bad); white-space: pre-wrap; }
.frame { overflow-x: auto; } svg text { font: 12px ui-monospace, monospace; fill: var(--ink); } svg .name { font-weight: bold; } svg .address, svg .podname { font-size: 10.5px; } svg .address { fill: var(--dim); }
svg .box { fill: var(--soft); stroke: var(--line); } svg .pod { fill: var(--paper); stroke: var(--line); } svg .own { stroke: var(--good); stroke-width: 1.5; } svg .unready { stroke-dasharray: 3 3; stroke: var(--bad); }
svg .underlay { stroke: var(--ink); stroke-width: 3; } svg .wire { stroke: var(--line); stroke-width: 2; }
`;
