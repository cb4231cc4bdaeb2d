/** The sizes of a terminal as clients send them: `{"Width":80,"Height":24}`. */
export interface TerminalSize {
  readonly columns: number;
  readonly rows: number;
}

/** Undefined for what is no size: a client without a window of its own sends 0 by 0. */
export function parseTerminalSize(json: string): TerminalSize | undefined {
  try {
    const { Width, Height } = JSON.parse(json) as { Width?: unknown; Height?: unknown };
    return isSize(Width) && isSize(Height) ? { columns: Width, rows: Height } : undefined;
  } catch {
    return undefined; // not JSON, or not an object
  }
}

/** A terminal's width or height fits the kernel's 16 bits. */
function isSize(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) > 0 && (value as number) < 65536;
}
