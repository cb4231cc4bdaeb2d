/** How the HTML report looks: in light and in dark, on a telephone and on paper. */
import { LAB_STYLE } from '../pictures/lab-style.ts';
import { palette, WALK_STYLE } from '../pictures/walk-style.ts';

const MONO = "ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace";
const OUTCOMES = ['failed', 'interrupted', 'passed', 'skipped'] as const;

/** What the radio buttons of the summary hide. */
const FILTER = OUTCOMES.map((shown) => {
  const others = OUTCOMES.filter((outcome) => outcome !== shown);
  const hidden = others.flatMap((other) => [
    `#show-${shown}:checked ~ .plays tr.${other}`,
    `#show-${shown}:checked ~ main section.${other}`,
  ]);
  return `${hidden.join(', ')} { display: none; }`;
}).join('\n');

export const STYLE = `${palette(':root')}${WALK_STYLE}${LAB_STYLE}
body { max-width: 76rem; margin: 2rem auto; padding: 0 1rem; font: 16px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper); }
h1 { font-size: 1.5rem; margin-bottom: 0; } h2 { font-size: 1.25rem; margin-bottom: 0; } a { color: inherit; text-decoration-color: var(--dim); }
:focus-visible { outline: 2px solid var(--there); outline-offset: 2px; }
input[name=show] { position: absolute; opacity: 0; } input[name=show] + label { display: inline-block; margin: 0 .4rem .6rem 0; padding: .1rem .7rem; border: 1px solid var(--line); border-radius: 1rem; cursor: pointer; }
input[name=show]:checked + label { background: var(--ink); color: var(--paper); } input[name=show]:focus-visible + label { outline: 2px solid var(--there); outline-offset: 2px; }
${FILTER}
.plays { border-collapse: collapse; width: 100%; } .plays th { text-align: left; font-weight: normal; color: var(--dim); } .plays td, .plays th { padding: .25rem .8rem .25rem 0; border-bottom: 1px solid var(--line); vertical-align: top; }
.plays td.time { white-space: nowrap; width: 9rem; } .bar { display: block; height: 3px; background: var(--there); border-radius: 2px; } .plays .problem { font-size: .9rem; }
.passed .mark, li.held::before { color: var(--good); } .failed .mark, .interrupted .mark { color: var(--bad); }
.about, .skipped, .step { color: var(--dim); } section { margin-top: 3rem; border-top: 1px solid var(--line); } article { margin: 1.4rem 0; } article.failed { border-left: 3px solid var(--bad); padding-left: .8rem; }
.step { margin: 0; font-size: .85rem; } .step span { float: right; } .narration { max-width: 60rem; margin: 0 0 .3rem; }
.command, pre { font: 13px/1.4 ${MONO}; } .command { color: var(--dim); white-space: pre-wrap; overflow-wrap: anywhere; }
pre { margin: .2rem 0; padding: .5rem .7rem; overflow: auto; background: var(--soft); max-height: 30rem; }
.rules ins, .rules del { text-decoration: none; } .rules ins { color: var(--good); } .rules del { color: var(--bad); } .rules i { color: var(--dim); font-style: normal; }
ul { margin: .3rem 0; padding-left: 1.2rem; list-style: none; } li::before { margin-left: -1.2rem; padding-right: .4rem; } li.held::before { content: "✓"; } li.broken::before { content: "✗"; }
.broken, .problem { color: var(--bad); white-space: pre-wrap; overflow-wrap: anywhere; } details { margin: .3rem 0; } summary { cursor: pointer; color: var(--dim); }
.frame { overflow-x: auto; margin: .4rem 0; } .picture { display: block; }
@media (max-width: 40rem) { body { margin: 1rem auto; } .plays td.time { width: auto; } .bar, .plays :is(th, td):nth-child(4) { display: none; } }
@media print { body { max-width: none; } input[name=show] + label, .about a { display: none; } pre { max-height: none; white-space: pre-wrap; } .frame { overflow: visible; } .picture { max-width: 100%; height: auto; } section { break-before: page; } .frame, li { break-inside: avoid; } }
`;
