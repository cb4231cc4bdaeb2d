/**
 * A probe by gRPC's health checking protocol (grpc.health.v1.Health/Check), over plain HTTP/2 from the node's namespace. The two
 * messages have one field each, so they are written and read here. Words of a failure: upstream pkg/probe/grpc/grpc.go.
 */
import { connect } from 'node:http2';
import { hostPort } from '../../net/host-port.ts';
import type { ProbeTarget } from './run-probe.ts';

/** HealthCheckResponse.ServingStatus. */
const STATUSES = ['UNKNOWN', 'SERVING', 'NOT_SERVING', 'SERVICE_UNKNOWN'];
const UNIMPLEMENTED = '12';
/** A message's flag and length. */
const PREFIX_BYTES = 5;
const FIELD_1_TEXT = 0x0a;
const FIELD_1_NUMBER = 0x08;

/** Undefined when the service says that it serves; else why not. */
export function probeGrpc(
  { sockets, netns, podIp }: Pick<ProbeTarget, 'sockets' | 'netns' | 'podIp'>,
  port: number,
  service: string,
  timeoutMs: number,
): Promise<string | undefined> {
  const address = hostPort(podIp, port);
  return new Promise((resolve) => {
    const session = connect(`http://${address}`, {
      createConnection: () => sockets.connect(netns, { host: podIp, port }),
    });
    let isConnected = false;
    const finish = (failure: string | undefined) => {
      clearTimeout(timer);
      session.destroy();
      resolve(failure);
    };
    const late = () => {
      const what = isConnected ? 'health rpc did not complete' : `failed to connect service ${JSON.stringify(address)}`;
      finish(`timeout: ${what} within ${timeoutMs / 1000}s: context deadline exceeded`);
    };
    const timer = setTimeout(late, timeoutMs);
    session.once('connect', () => {
      isConnected = true;
    });
    const failed = ({ message, cause }: Error) => {
      const why = cause instanceof Error ? cause.message : message;
      if (isConnected) finish(`error: health rpc probe failed: ${why}`);
      else finish(`error: failed to connect service ${JSON.stringify(address)}: ${why}`);
    };
    session.on('error', failed);
    const stream = session.request({
      ':method': 'POST',
      ':path': '/grpc.health.v1.Health/Check',
      'content-type': 'application/grpc',
      'user-agent': 'kube-probe/1.36',
      te: 'trailers',
    });
    const chunks: Buffer[] = [];
    let outcome: Record<string, unknown> = {};
    const note = (headers: object) => {
      outcome = { ...outcome, ...headers };
    };
    stream.on('response', note);
    stream.on('trailers', note);
    stream.on('data', (chunk: Buffer) => chunks.push(chunk));
    stream.on('error', failed);
    stream.on('end', () => finish(verdictOf(outcome, Buffer.concat(chunks))));
    stream.end(request(service));
  });
}

function request(service: string): Buffer {
  const name = Buffer.from(service);
  const message = name.length === 0 ? name : Buffer.concat([Buffer.from([FIELD_1_TEXT]), varint(name.length), name]);
  const prefix = Buffer.alloc(PREFIX_BYTES);
  prefix.writeUInt32BE(message.length, 1);
  return Buffer.concat([prefix, message]);
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  for (let rest = value; ; rest >>>= 7) {
    bytes.push(rest > 0x7f ? (rest & 0x7f) | 0x80 : rest);
    if (rest <= 0x7f) return Buffer.from(bytes);
  }
}

/** The server's words; what is no percent-encoding stays as it is, as gRPC's specification asks. */
function percentDecoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch (error) {
    if (error instanceof URIError) return text;
    throw error;
  }
}

function verdictOf(headers: Readonly<Record<string, unknown>>, body: Buffer): string | undefined {
  const code = headers['grpc-status'];
  const said = percentDecoded(String(headers['grpc-message'] ?? ''));
  if (code === UNIMPLEMENTED)
    return `error: this server does not implement the grpc health protocol (grpc.health.v1.Health): ${said}`;
  if (code !== '0') return `error: health rpc probe failed: ${said || `HTTP status ${String(headers[':status'])}`}`;
  const status = body[PREFIX_BYTES] === FIELD_1_NUMBER ? body[PREFIX_BYTES + 1]! : 0;
  const word = STATUSES[status] ?? String(status);
  return word === 'SERVING' ? undefined : `service unhealthy (responded with ${JSON.stringify(word)})`;
}
