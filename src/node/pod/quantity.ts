/** Kubernetes quantities (`100m`, `1.5`, `128Mi`, `2G`) as numbers. Pure. */
const FACTORS: Readonly<Record<string, number>> = {
  '': 1,
  n: 1e-9,
  u: 1e-6,
  m: 1e-3,
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

/** The number a quantity stands for (cores, bytes); throws for what is none. */
export function parseQuantity(text: string): number {
  const match = /^([+-]?[\d.]+(?:[eE][+-]?\d+)?)([a-zA-Z]*)$/.exec(text);
  const factor = match === null ? undefined : FACTORS[match[2]!];
  if (match === null || factor === undefined) throw new RangeError(`not a quantity: ${text}`);
  return Number(match[1]) * factor;
}
