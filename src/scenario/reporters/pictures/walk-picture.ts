/**
 * A walk as a picture: a lane for each host, in it a station for each device; time goes down. The way there and the way back
 * are lines from hop to hop; beside them what changed: translated addresses, the VXLAN packet around it. Pure: hops in, SVG out.
 */
import type { Hop } from '../../../walk/hops.ts';
import { renderHops } from '../../../walk/render-hops.ts';
import type { Language } from '../../localize.ts';
import { element, picture, text, title, widthOf } from './svg.ts';
import { DEVICE_FONT, HOST_FONT, type Lane, lanesOf, stationOf } from './walk-lanes.ts';
import { type Note, notesOf } from './walk-notes.ts';
import { NOTE, type PlacedHop, placeNotes } from './walk-rows.ts';

const WORDS = {
  en: {
    walk: 'A packet’s walk',
    back: 'and back',
    hops: (there: number, back: number) => `${there} hops there, ${back} back`,
  },
  zh: {
    walk: '一个数据包的路径',
    back: '返回',
    hops: (there: number, back: number) => `去程 ${there} 跳，返回 ${back} 跳`,
  },
} as const;

const MARGIN = 8;
const TIME_FONT = 10.5;
/** The heads of the lanes: the host's name, below it the names of the devices. */
const HEAD = { host: 22, device: 40, height: 50 };

/** The picture of at least one hop; empty when there is none. */
export function walkPicture(hops: readonly Hop[], language: Language): string {
  const [first] = hops;
  if (first === undefined) return '';
  const words = WORDS[language];
  const count = (way: Hop['way']): number => hops.filter((hop) => hop.way === way).length;
  const beside = [words.back, ...hops.map(time)];
  const left = MARGIN + Math.max(...beside.map((each) => widthOf(each, TIME_FONT))) + 10;
  const lanes = lanesOf(hops, left);
  const right = Math.max(...lanes.map(({ x, width }) => x + width));
  const placed = placeNotes(
    hops.map((hop) => ({ hop, x: stationOf(lanes, hop).x })),
    notesOf(hops, language),
    { left, right, top: HEAD.height },
  );
  const bottom = placed.at(-1)!.bottom + 10;
  const width = MARGIN + Math.max(right, ...placed.flatMap(({ notes }) => notes.map(({ x, width: own }) => x + own)));
  return picture(
    {
      kind: 'walk',
      title: `${words.walk}: ${lanes.map(({ host }) => host).join(' → ')}`,
      description: words.hops(count('there'), count('back')),
    },
    { width, height: bottom + MARGIN },
    ...lanes.map((lane) => drawLane(lane, bottom)),
    ...drawTurn(placed, { left, right }, words.back),
    ...drawPath(placed),
    ...placed.map((each) => drawHop(each, left)),
    ...placed.flatMap(({ notes }) => notes.map(drawNote)),
  );
}

function drawLane({ host, label, role, x, width, stations }: Lane, bottom: number): string {
  return element(
    'g',
    {},
    element('rect', { class: `lane ${role}`, x, y: 4, width, height: bottom - 4, rx: 6 }, title(host)),
    text(x + width / 2, HEAD.host, label, { class: 'host', 'font-size': HOST_FONT, 'text-anchor': 'middle' }),
    ...stations.map((station) =>
      [
        text(station.x, HEAD.device, station.device, {
          class: 'device',
          'font-size': DEVICE_FONT,
          'text-anchor': 'middle',
        }),
        element('path', { class: 'guide', d: `M${round(station.x)} ${HEAD.device + 5}V${round(bottom - 6)}` }),
      ].join(''),
    ),
  );
}

/** The line between the way there and the way back. */
function drawTurn(
  placed: readonly PlacedHop[],
  { left, right }: { left: number; right: number },
  word: string,
): string[] {
  return placed.flatMap(({ hop, top }, index) => {
    if (hop.way !== 'back' || placed[index - 1]?.hop.way !== 'there') return [];
    const line = element('path', { class: 'turn', d: `M${MARGIN} ${round(top)}H${round(right)}` });
    return [line, text(left - 6, top + 12, word, { class: 'time', 'font-size': TIME_FONT, 'text-anchor': 'end' })];
  });
}

/** Lines from each hop to the next of the same way, arrows on them; the turn is dotted. */
function drawPath(placed: readonly PlacedHop[]): string[] {
  return placed.flatMap((to, index) => {
    const from = placed[index - 1];
    if (from === undefined) return [];
    const d = `M${round(from.x)} ${round(from.y)}L${round(to.x)} ${round(to.y)}`;
    if (from.hop.way !== to.hop.way) return [element('path', { class: 'path between', d })];
    const around =
      from.hop.outer === undefined || to.hop.outer === undefined ? [] : [element('path', { class: 'tunnel', d })];
    return [[...around, element('path', { class: `path ${to.hop.way}`, d }), arrow(from, to)].join('')];
  });
}

/** A triangle in the middle of a line that is long enough for one. */
function arrow(from: PlacedHop, to: PlacedHop): string {
  const [dx, dy] = [to.x - from.x, to.y - from.y];
  if (Math.hypot(dx, dy) < 30) return '';
  const angle = (Math.atan2(dy, dx) * 180) / Math.PI;
  return element('path', {
    class: `arrow ${to.hop.way}`,
    d: 'M-4-4L5 0L-4 4z',
    transform: `translate(${round((from.x + to.x) / 2)} ${round((from.y + to.y) / 2)})rotate(${round(angle)})`,
  });
}

function drawHop({ hop, x, y }: PlacedHop, left: number): string {
  const about = title(renderHops([hop]).join('\n'));
  const mark =
    hop.translations.length > 0
      ? element('path', { class: 'hop nat', d: `M${round(x)} ${round(y - 6)}l6 6l-6 6l-6-6z` }, about)
      : element('circle', { class: `hop ${hop.way}`, cx: x, cy: y, r: 4 }, about);
  return mark + text(left - 6, y + 4, time(hop), { class: 'time', 'font-size': TIME_FONT, 'text-anchor': 'end' });
}

function drawNote({ kind, x, y, width, text: content }: Note & { x: number; y: number; width: number }): string {
  const box = kind === 'packet' ? '' : element('rect', { x, y: y - 11.5, width, height: NOTE.height - 1, rx: 4 });
  return element('g', { class: `note ${kind}` }, box, text(x + NOTE.padding, y, content, { 'font-size': NOTE.font }));
}

function time(hop: Hop): string {
  return `${hop.at.toFixed(0)} µs`;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
