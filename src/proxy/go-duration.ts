/** Durations as Go writes them (`1h30m`, `250ms`, `0s`): what Kubernetes' configuration files have. */

const UNITS: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
};
const PART = /(\d+(?:\.\d*)?|\.\d+)([a-zµ]*)/y;

/** Milliseconds, or what Go's time.ParseDuration says of the text. */
export function parseDuration(text: string): number | { readonly problem: string } {
  const quoted = JSON.stringify(text);
  const [, sign = '', rest = ''] = /^([+-]?)(.*)$/.exec(text) ?? [];
  if (rest === '0') return 0;
  let ms = 0;
  PART.lastIndex = 0;
  do {
    const [, digits, unit = ''] = PART.exec(rest) ?? [];
    if (digits === undefined) return { problem: `time: invalid duration ${quoted}` };
    if (unit === '') return { problem: `time: missing unit in duration ${quoted}` };
    const factor = UNITS[unit];
    if (factor === undefined) return { problem: `time: unknown unit ${JSON.stringify(unit)} in duration ${quoted}` };
    ms += Number(digits) * factor;
  } while (PART.lastIndex < rest.length);
  return sign === '-' ? -ms : ms;
}

/** As Go's `Duration.String` prints so many milliseconds: `24h0m0s`, `1.5s`, `250ms`, `1ns`. */
export function formatDuration(ms: number): string {
  const sign = ms < 0 ? '-' : '';
  const size = Math.abs(ms);
  if (size === 0) return '0s';
  const below = (['ns', 'µs', 'ms'] as const).find((unit) => size < UNITS[unit]! * 1000);
  if (below !== undefined) return `${sign}${decimal(size / UNITS[below]!)}${below}`;
  const hours = Math.floor(size / UNITS.h!);
  const minutes = Math.floor(size / UNITS.m!);
  const seconds = `${decimal((size % UNITS.m!) / 1000)}s`;
  if (hours > 0) return `${sign}${hours}h${minutes % 60}m${seconds}`;
  return sign + (minutes > 0 ? `${minutes}m` : '') + seconds;
}

/** At most nine places, without zeros at the end. */
function decimal(value: number): string {
  return `${Number(value.toFixed(9))}`;
}
