/** The name in a proxy path, which may carry scheme and port: `web`, `web:8080`, `https:web:metrics`, `https:web:`. */

export interface ProxyName {
  readonly scheme: 'http' | 'https' | undefined;
  readonly name: string;
  /** A number or a port's name; empty when none is given. */
  readonly port: string;
}

/** Undefined when the text is no such name. */
export function parseProxyName(text: string): ProxyName | undefined {
  const parts = text.split(':');
  if (parts.length > 3) return undefined;
  const [scheme, name, port] = parts.length === 3 ? parts : ['', ...parts];
  if (name === undefined || name === '' || (scheme !== '' && scheme !== 'http' && scheme !== 'https')) return undefined;
  return { scheme: scheme === '' ? undefined : scheme, name, port: port ?? '' };
}
