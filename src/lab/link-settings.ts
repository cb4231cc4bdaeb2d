/** The words of `podwire link TARGET set` (and of a scenario's fault): texts with units in, numbers out. */
import type { LinkFault } from '../cni/link-fault.ts';
import { LabError } from './lab-error.ts';

/** As written on a command line or in a scenario: `10mbit`, `50ms`, `5%`, `1280`. */
export interface LinkSettings {
  readonly rate?: string;
  readonly mtu?: string;
  readonly delay?: string;
  readonly jitter?: string;
  readonly loss?: string;
  readonly reorder?: string;
}

const BITS: Readonly<Record<string, number>> = { bit: 1, kbit: 1e3, mbit: 1e6, gbit: 1e9 };
const MILLISECONDS: Readonly<Record<string, number>> = { us: 0.001, ms: 1, s: 1000 };

/** Reads them; throws a `LabError` (exit code 2) that names the one that is unusable. */
export function parseLinkSettings(settings: LinkSettings): LinkFault {
  const { rate, mtu, delay, jitter, loss, reorder } = settings;
  return {
    ...(rate === undefined
      ? {}
      : { rate: quantity('rate', rate, BITS, 8_000, 100e9, 'such as 500kbit, 10mbit or 1gbit') }),
    ...(mtu === undefined ? {} : { mtu: quantity('mtu', mtu, { '': 1 }, 68, 65_535, 'bytes, from 68 to 65535') }),
    ...(delay === undefined ? {} : { delayMs: time('delay', delay) }),
    ...(jitter === undefined ? {} : { jitterMs: time('jitter', jitter) }),
    ...(loss === undefined ? {} : { lossPercent: percent('loss', loss) }),
    ...(reorder === undefined ? {} : { reorderPercent: percent('reorder', reorder) }),
  };
}

/** Refuses what no link can be, with what is wrong with it already: throws a `LabError` (exit code 2). */
export function checkFault({ reorderPercent = 0, delayMs = 0 }: LinkFault): void {
  if (reorderPercent > 0 && delayMs === 0)
    throw unusable('reorder', `${reorderPercent}%`, 'packets overtake only those that are delayed: give --delay too');
}

/** A fault in a few words: `cut`, `rate 10mbit, mtu 1280`; `whole` for none. */
export function describeFault(fault: LinkFault): string {
  const { cut, rate, mtu, delayMs, jitterMs, lossPercent, reorderPercent } = fault;
  const jitter = jitterMs === undefined ? '' : ` ± ${jitterMs}ms`;
  const words = [
    ...(cut === true ? ['cut'] : []),
    ...(rate === undefined ? [] : [`rate ${formatRate(rate)}`]),
    ...(mtu === undefined ? [] : [`mtu ${mtu}`]),
    ...(delayMs === undefined ? [] : [`delay ${delayMs}ms${jitter}`]),
    ...(lossPercent === undefined ? [] : [`loss ${lossPercent}%`]),
    ...(reorderPercent === undefined ? [] : [`reorder ${reorderPercent}%`]),
  ];
  return words.length === 0 ? 'whole' : words.join(', ');
}

function formatRate(rate: number): string {
  const [unit, bits] = Object.entries(BITS).findLast(([, size]) => rate % size === 0)!;
  return `${rate / bits}${unit}`;
}

function time(name: string, text: string): number {
  return quantity(name, text, MILLISECONDS, 0, 60_000, 'such as 200us, 50ms or 1s, at most a minute');
}

function percent(name: string, text: string): number {
  return quantity(name, text, { '%': 1, '': 1 }, 0, 100, 'such as 5%, at most 100%');
}

function quantity(
  name: string,
  text: string,
  units: Readonly<Record<string, number>>,
  least: number,
  most: number,
  expected: string,
): number {
  const [, digits = '', unit = ''] = /^(\d+(?:\.\d+)?)([a-z%]*)$/.exec(text) ?? [];
  const factor = units[unit];
  const value = digits === '' || factor === undefined ? Number.NaN : Number(digits) * factor;
  // A link has whole bits and bytes.
  if (!(value >= least && value <= most) || (least > 0 && !Number.isInteger(value)))
    throw unusable(name, text, `must be ${expected}`);
  return value;
}

function unusable(name: string, text: string, why: string): LabError {
  return new LabError({
    what: `--${name} ${text} is unusable`,
    why,
    remedy: 'podwire link TARGET set --rate 10mbit --mtu 1280 --delay 50ms --loss 5%',
    exitCode: 2,
  });
}
