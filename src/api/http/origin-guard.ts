/**
 * Keeps web pages away from an API that listens on a loopback: a page that has its own name resolve to our address
 * ("DNS rebinding") gives that name as `Host`, and a page of another origin is named by `Origin` or `Sec-Fetch-Site`.
 * Programs send neither of the latter. There is no CORS: no origin but the server's own is ever let in.
 */
import { X509Certificate } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import type { ApiError } from '../../objects/transport.ts';
import { badRequest, statusError } from '../status-error.ts';

const LOOPBACK_NAMES = ['localhost', '127.0.0.1', '::1'];
/** What a browser says of a request that no other site made. */
const OWN_FETCH_SITES = ['same-origin', 'none'];

/** The names a server goes by: those its certificate (PEM) is good for, or the loopback's when it has none. */
export function ownNames(certificate: string | undefined): string[] {
  if (certificate === undefined) return LOOPBACK_NAMES;
  const names = new X509Certificate(certificate).subjectAltName?.split(', ') ?? [];
  return names.flatMap((name) => {
    const [, kind, value] = /^(DNS|IP Address):(.+)$/.exec(name) ?? [];
    return kind === undefined ? [] : [canonicalHost(value!) ?? value!];
  });
}

/** Throws 400 without a Host, 403 for a Host that is not ours and for a request of another origin. */
export function originGuard(names: readonly string[]): (headers: IncomingHttpHeaders) => void {
  const own = new Set(names.map((name) => canonicalHost(name) ?? name));
  return (headers) => {
    const { host, origin } = headers;
    if (host === undefined) throw badRequest('the request has no Host header');
    const address = addressOf(`https://${host}`);
    if (address === undefined || !own.has(address.host)) throw foreignHost(host);
    const site = headers['sec-fetch-site'];
    const isOwnSite = site === undefined || OWN_FETCH_SITES.includes(String(site));
    const from = origin === undefined ? address : addressOf(origin);
    if (!isOwnSite || from?.host !== address.host || from.port !== address.port) {
      throw refused(`requests of other origins are not served (${origin ?? site})`);
    }
  };
}

function foreignHost(host: string): ApiError {
  return refused(
    `this server does not go by the name ${JSON.stringify(host)}; use an address of its certificate, as in the kubeconfig`,
  );
}

function refused(message: string): ApiError {
  return statusError(403, 'Forbidden', message);
}

function addressOf(text: string): { readonly host: string; readonly port: string } | undefined {
  const url = URL.parse(text);
  if (url === null || url.username !== '' || url.pathname !== '/' || url.search !== '' || url.hash !== '') {
    return undefined;
  }
  return { host: withoutBrackets(url.hostname), port: url.port };
}

/** A host name or address as URLs write it: `0:0:0:0:0:0:0:1` → `::1`. */
function canonicalHost(name: string): string | undefined {
  const url = URL.parse(`https://${name.includes(':') ? `[${name}]` : name}`);
  return url === null ? undefined : withoutBrackets(url.hostname);
}

function withoutBrackets(host: string): string {
  return host.replace(/^\[|\]$/g, '').replace(/\.$/, '');
}
