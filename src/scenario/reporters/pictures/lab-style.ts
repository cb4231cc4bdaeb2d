/** How a lab's picture looks. */
export const LAB_STYLE = `
.lab .box rect { fill: var(--soft); stroke: var(--line); } .lab .pod rect { fill: var(--paper); } .lab .host rect { fill: var(--paper); }
.lab .box.own rect { stroke: var(--good); stroke-width: 1.5; } .lab .box.unready rect { stroke: var(--bad); stroke-dasharray: 4 3; } .lab .name { font-weight: bold; }
.lab .pod:not(.own) .name { font-weight: normal; } .lab .detail { fill: var(--dim); } .lab .alarm { fill: var(--bad); }
.lab .underlay { fill: none; stroke: var(--ink); stroke-width: 2.5; } .lab .wire { stroke: var(--dim); stroke-width: 1.5; } .lab .wire.faulty { stroke: var(--bad); stroke-width: 2.5; stroke-dasharray: 4 3; }
.lab .box .badge rect { fill: var(--there); stroke: none; } .lab .badge text { fill: var(--paper); font-weight: bold; }
`;
