/** Command-line flags as the agnhost image takes them: `--http-port=8080`, `--http-port 8080`, `--udp`. Pure. */

export interface Flags {
  /** The arguments that are no flags. */
  readonly rest: readonly string[];
  get(name: string, fallback: string): string;
  port(name: string, fallback: number): number;
  isSet(name: string, fallback: boolean): boolean;
}

/** Reads flags; `switches` are those that take no separate value. */
export function parseFlags(args: readonly string[], switches: readonly string[] = []): Flags {
  const values = new Map<string, string>();
  const rest: string[] = [];
  for (let index = 0; index < args.length; index += 1) {
    const match = /^--?([A-Za-z][\w-]*)(?:=(.*))?$/s.exec(args[index]!);
    if (match === null) rest.push(args[index]!);
    else if (match[2] !== undefined) values.set(match[1]!, match[2]);
    else if (switches.includes(match[1]!)) values.set(match[1]!, 'true');
    else {
      index += 1;
      values.set(match[1]!, args[index] ?? '');
    }
  }
  return {
    rest,
    get: (name, fallback) => values.get(name) ?? fallback,
    port: (name, fallback) => Number(values.get(name) ?? fallback),
    isSet: (name, fallback) => (values.get(name) ?? String(fallback)) === 'true',
  };
}

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** Milliseconds of a Go duration (`1s`, `500ms`, `1m30s`); undefined for what is none. */
export function durationMs(text: string): number | undefined {
  if (!/^(?:\d+(?:\.\d+)?(?:ms|s|m|h))+$/.test(text)) return undefined;
  return [...text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h)/g)].reduce(
    (sum, [, amount, unit]) => sum + Number(amount) * UNITS[unit!]!,
    0,
  );
}
