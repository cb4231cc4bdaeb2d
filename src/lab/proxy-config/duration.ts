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
