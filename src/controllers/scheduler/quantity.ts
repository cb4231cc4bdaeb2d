/** Resource quantities (`100m`, `64Mi`, `1e3`) as numbers. Pure. */
const FACTORS: Readonly<Record<string, number>> = {
  n: 1e-9,
  u: 1e-6,
  m: 1e-3,
  '': 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  E: 1e18,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
  Ei: 2 ** 60,
};

/** The value in base units (cores, bytes); 0 for what is no quantity (the API server has refused those). */
export function quantity(text: string | undefined): number {
  const match = /^([+-]?\d*\.?\d*)(e[+-]?\d+|[A-Za-z]*)$/.exec((text ?? '').trim());
  if (match === null || match[1] === '') return 0;
  const [, digits = '', suffix = ''] = match;
  if (/^e[+-]?\d+$/.test(suffix)) return Number(digits + suffix);
  return Number(digits) * (FACTORS[suffix] ?? 0);
}
