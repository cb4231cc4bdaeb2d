/** The daemon's log: one line a message on its standard error, which is `daemon.log`. */
import type { Logger } from '../../objects/component.ts';

// A disk that is full takes no more of the log, and must not take the daemon.
process.stderr.on('error', () => undefined);

/** A logger whose lines name `component`. */
export function componentLogger(component: string): Logger {
  const write = (level: string) => (message: string, fields?: Readonly<Record<string, unknown>>) => {
    const details = Object.entries(fields ?? {}).map(([key, value]) => ` ${key}=${formatField(value)}`);
    process.stderr.write(`${new Date().toISOString()} ${level} ${component}: ${message}${details.join('')}\n`);
  };
  return { info: write('INFO'), warn: write('WARN'), error: write('ERROR') };
}

function formatField(value: unknown): string {
  if (value instanceof Error) return JSON.stringify(value.stack ?? value.message);
  return JSON.stringify(value) ?? String(value);
}
