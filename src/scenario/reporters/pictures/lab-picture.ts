/**
 * A lab as a picture: the underlay, the hosts and nodes that hang on it, the pods in their nodes, the Services; a number shows
 * which pods are endpoints of which Service. SVG that takes its colours from its page. Pure.
 */
import type { LabSnapshot } from '../../../lab/lab-snapshot.ts';
import type { LabState } from '../../events.ts';
import type { Language } from '../../localize.ts';
import { flow, type Placed, type Row } from './flow.ts';
import {
  BADGE,
  type Box,
  boxesOf,
  FONT,
  LINE,
  MOST_BADGES,
  type NodeBox,
  PADDING,
  POD_GAP,
  WORDS,
} from './lab-boxes.ts';
import { element, picture, text, title, widthOf } from './svg.ts';

const FRAME = { left: 34, right: 1150, gap: 14 };
const TOP = 6;
/** Between a row of boxes and the line of the underlay it hangs on. */
const WIRE = 16;
const ROW_GAP = 22;
/** The line that joins the rows. */
const TRUNK = 12;

/** The picture; what belongs to `namespace` stands out. */
export function labPicture(state: LabState, namespace: string | undefined, language: Language): string {
  const words = WORDS[language];
  const lab = state.snapshot;
  const boxes = boxesOf(state, namespace, language);
  const underlay = drawUnderlay(flow(boxes.hosts, FRAME), flow(boxes.nodes, FRAME), words.underlay);
  const services = drawRows(flow(boxes.services, FRAME), underlay.bottom);
  return picture(
    {
      kind: 'lab',
      title: `${words.lab} ${lab.name}: ${words.counts(lab.nodes.length, lab.pods.length, lab.services.length)}`,
      description: describe(lab),
    },
    { width: Math.max(underlay.right, services.right) + FRAME.gap, height: services.bottom + 4 },
    ...underlay.drawn,
    ...services.drawn,
  );
}

interface Part {
  readonly drawn: readonly string[];
  readonly right: number;
  readonly bottom: number;
}

/** Hosts above the first line of the underlay, nodes below it; further rows on lines of their own, joined by the trunk. */
function drawUnderlay(hosts: readonly Row<Box>[], nodes: readonly Row<NodeBox>[], word: string): Part {
  const drawn: string[] = [];
  const lines: number[] = [];
  // Above the first line there is room for its name.
  let y = hosts.length === 0 ? TOP + LINE : TOP;
  for (const row of hosts) {
    const top = y;
    const line = top + row.height + WIRE;
    drawn.push(bar(row, line));
    drawn.push(...row.items.map((placed) => hang(placed, top + placed.item.height, line) + drawBox(placed, top)));
    lines.push(line);
    y = line + WIRE;
  }
  for (const [index, row] of nodes.entries()) {
    // The first row of nodes hangs on the same line as the last of the hosts.
    const line = index === 0 ? (lines.at(-1) ?? y) : y;
    const top = line + WIRE;
    drawn.push(bar(row, line));
    drawn.push(...row.items.map((placed) => hang(placed, line, top) + drawNode(placed, top)));
    lines.push(line);
    y = top + row.height + ROW_GAP;
  }
  const [first = y, last = y] = [lines[0], lines.at(-1)];
  const name = text(TRUNK + 4, first - 4, word, { class: 'detail', 'font-size': FONT.detail });
  return {
    drawn: [wire(`M${TRUNK} ${first}V${last}`, 'underlay') + name, ...drawn],
    right: rightOf([...hosts, ...nodes]),
    bottom: y,
  };
}

function drawRows(rows: readonly Row<Box>[], top: number): Part {
  let y = top;
  const drawn = rows.map((row) => {
    const own = row.items.map((placed) => drawBox(placed, y)).join('');
    y += row.height + FRAME.gap;
    return own;
  });
  return { drawn, right: rightOf(rows), bottom: y };
}

function rightOf(rows: readonly Row<Box>[]): number {
  return Math.max(0, ...rows.flatMap(({ items }) => items.map(({ item, x }) => x + item.width)));
}

/** The line a row hangs on, from the trunk to its last box. */
function bar({ items }: Row<Box>, y: number): string {
  const { item, x } = items.at(-1)!;
  return wire(`M${TRUNK} ${y}H${Math.round(x + item.width / 2)}`, 'underlay');
}

function hang({ item, x }: Placed<Box>, from: number, to: number): string {
  return wire(`M${Math.round(x + item.width / 2)} ${from}V${to}`, item.isFaulty ? 'wire faulty' : 'wire');
}

function wire(d: string, kind: string): string {
  return element('path', { class: kind, d });
}

function drawNode(placed: Placed<NodeBox>, y: number): string {
  const { item, x } = placed;
  const head = item.lines.length * LINE + PADDING + 4;
  const columns = item.pods.map((column, index) => {
    const left = x + PADDING + index * ((column[0]?.width ?? 0) + PADDING);
    let top = y + head;
    return column.map((pod) => {
      const drawn = drawBox({ item: pod, x: left }, top);
      top += pod.height + POD_GAP;
      return drawn;
    });
  });
  return drawBox(placed, y) + columns.flat().join('');
}

function drawBox({ item, x }: Placed<Box>, y: number): string {
  const { kind, title: full, lines, badges, width, height } = item;
  const marks =
    badges.length === 0 ? '' : drawBadges(badges, x + width - PADDING, y + PADDING - 2, kind.startsWith('pod'));
  const texts = lines.map((each, index) => {
    const size = each.kind === 'name' ? FONT.name : FONT.detail;
    return text(x + PADDING, y + 2 + (index + 1) * LINE, each.text, { class: each.kind, 'font-size': size });
  });
  const rect = element('rect', { x, y, width, height, rx: 5 });
  return element('g', { class: `box ${kind}` }, title(full), rect, ...texts, marks);
}

/** Numbers of Services, from the right edge; of a pod in its second line, below its name. */
function drawBadges(numbers: readonly number[], right: number, top: number, isPod: boolean): string {
  const shown = numbers.length > MOST_BADGES ? numbers.slice(0, MOST_BADGES - 1) : numbers;
  const labels = [
    ...shown.map(String),
    ...(shown.length < numbers.length ? [`+${numbers.length - shown.length}`] : []),
  ];
  const y = isPod ? top + LINE : top;
  return labels
    .toReversed()
    .map((label, index) => {
      const x = right - BADGE.width - index * (BADGE.width + 2);
      const rect = element('rect', { x, y, width: BADGE.width, height: BADGE.height, rx: 6 });
      const middle = x + (BADGE.width - widthOf(label, 9)) / 2;
      return element('g', { class: 'badge' }, rect, text(middle, y + 10, label, { 'font-size': 9 }));
    })
    .join('');
}

/** The same in words. */
function describe(lab: LabSnapshot): string {
  return lab.nodes
    .map(({ name, ips }) => {
      const pods = lab.pods.filter((pod) => pod.node === name).map((pod) => `${pod.name} ${pod.ips.join(' ')}`);
      return [`${name} ${ips.join(' ')}`, ...pods].join('; ');
    })
    .join('. ');
}
