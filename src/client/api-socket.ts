/**
 * Sockets to one API server: where the TCP connection starts, TLS on top of it, and the signs of life that end a
 * connection whose link was cut. Knows nothing of HTTP.
 */
import * as net from 'node:net';
import * as tls from 'node:tls';

export interface ApiSocketOptions {
  /** `https://192.168.1.10:6443`; `http://` for a plain server on the loopback. */
  readonly server: string;
  /** PEM; default: the public authorities. */
  readonly ca?: string;
  /** Client certificate and key, PEM. */
  readonly cert?: string;
  readonly key?: string;
  /** The name the server's certificate must carry, when it is not the URL's host. */
  readonly serverName?: string;
  readonly insecureSkipTlsVerify?: boolean;
  /** Idle milliseconds before TCP probes the silent server; at least 1,000, default 15,000. */
  readonly keepAliveMs?: number;
  /** Opens the TCP connection. Returns at once; 'connect' or 'error' follow. Default: from this process' namespace. */
  readonly connect?: (host: string, port: number) => net.Socket;
}

/** Idle time before TCP probes a silent peer; Linux then gives up after ten more seconds (libuv's interval and count). */
const TCP_KEEPALIVE_MS = 15_000;

/** Opens a new connection each time it is called; errors come as the socket's 'error'. */
export type SocketOpener = () => net.Socket;

/** The opener for this server: TLS for `https`, plain for `http`. */
export function socketOpener(options: ApiSocketOptions): SocketOpener {
  const url = new URL(options.server);
  return url.protocol === 'https:' ? tlsOpener(url, options) : () => dial(url, options);
}

function tlsOpener(url: URL, options: ApiSocketOptions): SocketOpener {
  const host = hostOf(url);
  const serverName = options.serverName ?? host;
  const secureContext = tls.createSecureContext({
    ...(options.ca === undefined ? {} : { ca: options.ca }),
    ...(options.cert === undefined ? {} : { cert: options.cert }),
    ...(options.key === undefined ? {} : { key: options.key }),
  });
  // Tickets of former connections spare each new one most of its handshake.
  let session: Buffer | undefined;
  return () => {
    const raw = dial(url, options);
    const secure = tls.connect({
      socket: raw,
      secureContext,
      ALPNProtocols: ['http/1.1'],
      rejectUnauthorized: options.insecureSkipTlsVerify !== true,
      checkServerIdentity: (_, certificate) => tls.checkServerIdentity(serverName, certificate),
      ...(net.isIP(serverName) === 0 ? { servername: serverName } : {}),
      ...(session === undefined ? {} : { session }),
    });
    raw.once('error', (error) => secure.destroy(error));
    secure.on('session', (ticket) => {
      session = ticket;
    });
    secure.once('error', () => {
      session = undefined;
    });
    return secure;
  };
}

function dial(url: URL, options: ApiSocketOptions): net.Socket {
  const connect = options.connect ?? ((host, port) => net.connect(port, host));
  const socket = connect(hostOf(url), portOf(url));
  const tune = (): void => {
    socket.setNoDelay(true);
    socket.setKeepAlive(true, options.keepAliveMs ?? TCP_KEEPALIVE_MS);
  };
  if (socket.connecting) socket.once('connect', tune);
  else tune();
  return socket;
}

/** Without the brackets of an IPv6 address. */
export function hostOf(url: URL): string {
  return url.hostname.replace(/^\[|\]$/g, '');
}

/** The URL's port, or its scheme's. */
export function portOf(url: URL): number {
  if (url.port !== '') return Number(url.port);
  return url.protocol === 'https:' ? 443 : 80;
}
