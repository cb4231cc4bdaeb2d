/**
 * Answers queries: chooses the server block by the longest zone, asks its plugins in turn, completes a CNAME that leads out of a zone
 * by asking itself, writes the response and tells who wants to know.
 */
import { decode, encode, type RecordType } from 'dns-packet';
import { AnswerCache, type CachedAnswer, responseTo } from './answer-cache.ts';
import type { AnsweredQuery, AnsweringPlugin } from './dns-metrics.ts';
import { type DnsAnswer, type DnsRecord, RCODE } from './dns-record.ts';
import { isWithin } from './domain-name.ts';
import { answerCountOf, emptyAnswer, rcodeOf, writeResponse } from './message.ts';
import type { Plugin } from './plugins.ts';
import { type Query, readQuery } from './query-reader.ts';

/** A server block, its zone in lower case. */
export interface ServerPlugins {
  readonly zone: string;
  readonly plugins: readonly Plugin[];
  /** Told of each query this block has answered. */
  readonly log?: (query: LoggedQuery) => void;
}

/** Who asks, and how. */
export interface Client {
  readonly transport: 'udp' | 'tcp';
  readonly address: string;
  readonly port: number;
}

export interface LoggedQuery extends Client {
  readonly query: Query;
  readonly response: Buffer;
  readonly seconds: number;
}

export interface ResolverOptions {
  readonly servers: readonly ServerPlugins[];
  /** Whether names outside its zones can be asked for: the RA flag. */
  readonly recursionAvailable: boolean;
  /** Changes whenever what the plugins answer may; absent: every question is looked up. */
  readonly version?: () => number;
  /** Told of every answer. */
  readonly onAnswered?: (query: AnsweredQuery) => void;
}

/** Gives the response to a message; a promise only where another server is asked, undefined where silence is due. */
export type Resolver = (message: Buffer, client: Client) => Buffer | Promise<Buffer> | undefined;

interface Reply {
  readonly response: Buffer | Promise<Buffer>;
  /** Who gave it. */
  readonly plugin: AnsweringPlugin;
  /** Set when the same question gets the same answer until something changes, but for the order of its records. */
  readonly stays?: Pick<CachedAnswer, 'shuffled'>;
}

/** A pointer to the question's name, type, class, TTL, length, and the address. */
const ADDRESS_RECORD_BYTES = new Map<string, number>([
  ['A', 12 + 4],
  ['AAAA', 12 + 16],
]);
/** CNAMEs out of a zone, each completed by a question that may meet another. */
const MOST_CHASES = 8;

/** The resolver of these server blocks, all on one port. */
export function resolver(options: ResolverOptions): Resolver {
  const cache = options.version === undefined ? undefined : new AnswerCache(options.version);
  return (message, client) => {
    const begun = performance.now();
    const { transport } = client;
    const answered = ({ type, rcode, plugin }: Omit<CachedAnswer, 'response'>) =>
      options.onAnswered?.({ transport, type, rcode, plugin, seconds: (performance.now() - begun) / 1000 });
    const known = cache?.get(message, transport);
    if (known !== undefined) {
      answered(known);
      return responseTo(message, known);
    }
    const query = readQuery(message);
    if (query === undefined) return undefined;
    const server = query.refusal === undefined ? serverOf(options.servers, query.name.toLowerCase()) : undefined;
    const { response, plugin, stays } = replyOrFail(options, server, query, transport);
    const told = (bytes: Buffer) => {
      const answer = { response: bytes, type: query.type, rcode: query.refusal ?? rcodeOf(bytes), plugin, ...stays };
      answered(answer);
      server?.log?.({ ...client, query, response: bytes, seconds: (performance.now() - begun) / 1000 });
      if (stays !== undefined && server?.log === undefined) cache?.keep(message, transport, answer);
      return bytes;
    };
    return response instanceof Promise
      ? response.catch(() => servfail(options, query, transport)).then(told)
      : told(response);
  };
}

function serverOf(servers: readonly ServerPlugins[], name: string): ServerPlugins | undefined {
  let longest: ServerPlugins | undefined;
  for (const server of servers) {
    if (isWithin(name, server.zone) && server.zone.length >= (longest?.zone.length ?? 0)) longest = server;
  }
  return longest;
}

/** What cannot be written as a message (an ExternalName with a label of 64 bytes) must not end the server: it is a failure, as in CoreDNS. */
function replyOrFail(
  options: ResolverOptions,
  server: ServerPlugins | undefined,
  query: Query,
  transport: 'udp' | 'tcp',
): Reply {
  try {
    return reply(options, server, query, transport, 0);
  } catch {
    return { response: servfail(options, query, transport), plugin: '' };
  }
}

function servfail({ recursionAvailable }: ResolverOptions, query: Query, transport: 'udp' | 'tcp'): Buffer {
  return writeResponse(query, emptyAnswer(RCODE.SERVFAIL), { transport, recursionAvailable, authoritative: false });
}

function reply(
  options: ResolverOptions,
  server: ServerPlugins | undefined,
  query: Query,
  transport: 'udp' | 'tcp',
  depth: number,
): Reply {
  const { recursionAvailable } = options;
  const respond = (answer: DnsAnswer, authoritative = true) =>
    writeResponse(query, answer, { transport, recursionAvailable, authoritative });
  const failing = (rcode: DnsAnswer['rcode']) => respond(emptyAnswer(rcode), false);
  const once = (response: Reply['response'], plugin: AnsweringPlugin = ''): Reply => ({ response, plugin });
  if (query.refusal !== undefined) return once(failing(query.refusal));
  if (server === undefined) return once(failing(RCODE.REFUSED));
  for (const { name, answer: ask } of server.plugins) {
    const answer = ask(query, transport);
    if (answer === undefined) continue;
    if (answer instanceof Promise)
      return once(
        answer.catch(() => failing(RCODE.SERVFAIL)),
        name,
      );
    if (answer.rcode === RCODE.SERVFAIL || answer.rcode === RCODE.REFUSED) return once(respond(answer, false), name);
    if (answer.chase === undefined || depth >= MOST_CHASES) {
      const response = respond(shuffled(answer));
      return { response, plugin: name, stays: lasting(query, answer, response) };
    }
    const whole = chase(options, answer.chase, query.type, depth).then((records) =>
      respond({ ...answer, answers: [...answer.answers, ...records] }),
    );
    return once(whole, name);
  }
  return once(failing(RCODE.SERVFAIL));
}

/** What this server itself answers for the target of a CNAME; nothing when that fails. */
async function chase(
  options: ResolverOptions,
  target: string,
  type: string,
  depth: number,
): Promise<readonly DnsRecord[]> {
  try {
    const question = encode({ type: 'query', flags: 0x0100, questions: [{ name: target, type: type as RecordType }] });
    const query = readQuery(question)!;
    const { response } = reply(options, serverOf(options.servers, target), query, 'tcp', depth + 1);
    return (decode(await response).answers ?? []).flatMap((record) =>
      record.type === 'A' || record.type === 'AAAA' || record.type === 'CNAME'
        ? [{ name: record.name, ttl: record.ttl ?? 0, type: record.type, data: record.data }]
        : [],
    );
  } catch {
    // An upstream's answer that cannot be read says as little as none; the CNAME itself stands.
    return [];
  }
}

/** Whether a response can be given again: one record, or addresses of the name asked for, each as long as the other. */
function lasting({ name, questionEnd }: Query, { answers }: DnsAnswer, response: Buffer): Reply['stays'] {
  if (answers.length < 2) return {};
  const size = ADDRESS_RECORD_BYTES.get(answers[0]!.type);
  const isPlain = answers.every((record) => record.type === answers[0]!.type && record.name === name);
  if (size === undefined || !isPlain || answerCountOf(response) < answers.length) return undefined;
  return { shuffled: { start: questionEnd, size, count: answers.length } };
}

/** Addresses in random order, as CoreDNS's loadbalance plugin gives them: clients take the first. */
function shuffled(answer: DnsAnswer): DnsAnswer {
  if (answer.answers.length < 2) return answer;
  const answers = [...answer.answers];
  const first = answers.findIndex(({ type }) => type !== 'CNAME');
  for (let index = answers.length - 1; index > first; index -= 1) {
    const other = first + Math.floor(Math.random() * (index - first + 1));
    [answers[index], answers[other]] = [answers[other]!, answers[index]!];
  }
  return { ...answer, answers };
}
