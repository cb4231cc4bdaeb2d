/** Quantities (`500m`, `128Mi`, `1e3`) and their canonical form, after Kubernetes' resource.Quantity. Pure. */

const FORM = /^([+-]?)(\d+(?:\.\d*)?|\.\d+)(?:(n|u|m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei)|[eE]([+-]?\d+))?$/;
const DECIMAL = ['n', 'u', 'm', '', 'k', 'M', 'G', 'T', 'P', 'E'] as const;
const BINARY = ['', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei'] as const;
const NANO = 10n ** 9n;

/** The value in units of 10⁻⁹, rounded up as Kubernetes does; undefined when the text is no quantity. */
export function nanoValue(text: string): bigint | undefined {
  const match = FORM.exec(text);
  if (match === null) return undefined;
  const [, sign, number = '', suffix = '', exponent] = match;
  const [whole = '', fraction = ''] = number.split('.');
  let numerator = BigInt(`${whole}${fraction}` || '0') * NANO;
  let denominator = 10n ** BigInt(fraction.length);
  const binary = BINARY.indexOf(suffix as (typeof BINARY)[number]);
  const power =
    exponent === undefined ? (DECIMAL.indexOf(suffix as (typeof DECIMAL)[number]) - 3) * 3 : Number(exponent);
  if (Math.abs(power) > 60) return undefined;
  if (binary > 0) numerator *= 1024n ** BigInt(binary);
  else if (power >= 0) numerator *= 10n ** BigInt(power);
  else denominator *= 10n ** BigInt(-power);
  const value = (numerator + denominator - 1n) / denominator;
  return sign === '-' ? -value : value;
}

/** The value in base units (cores, bytes); 0 for an absent one and for what is no quantity (the API refuses those). */
export function quantityValue(text: string | undefined): number {
  return Number(nanoValue(text ?? '') ?? 0n) / 1e9;
}

/** `0.5` → `500m`, `1000m` → `1`, `1024Ki` → `1Mi`; undefined when it is no quantity. */
export function canonicalQuantity(input: string | number): string | undefined {
  const text = String(input);
  const nano = nanoValue(text);
  if (nano === undefined) return undefined;
  if (nano === 0n) return '0';
  const sign = nano < 0n ? '-' : '';
  const size = nano < 0n ? -nano : nano;
  if (/i$/.test(text) && size % NANO === 0n) return sign + scale(size / NANO, 1024n, BINARY);
  if (/[eE][+-]?\d/.test(text)) return sign + exponential(size);
  return sign + scale(size, 1000n, DECIMAL);
}

/** The largest suffix that leaves an integer. */
function scale(value: bigint, base: bigint, suffixes: readonly string[]): string {
  let step = 0;
  let rest = value;
  while (step < suffixes.length - 1 && rest % base === 0n) {
    rest /= base;
    step += 1;
  }
  return `${rest}${suffixes[step]}`;
}

function exponential(nano: bigint): string {
  let power = -9;
  let rest = nano;
  while (rest % 1000n === 0n) {
    rest /= 1000n;
    power += 3;
  }
  return power === 0 ? `${rest}` : `${rest}e${power}`;
}
