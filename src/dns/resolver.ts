/** Answers queries: from the zone if it is the zone's, from an upstream if there is one, else with a quick refusal. */
import { type DnsAnswer, type DnsRecord, RCODE } from './dns-record.ts';
import { emptyAnswer, type Query, type ResponseOptions, readQuery, writeResponse } from './message.ts';
import { isReverseName } from './reverse-name.ts';
import type { Upstream } from './upstream.ts';
import type { ClusterZone } from './zone.ts';

export interface ResolverOptions {
  readonly zone: ClusterZone;
  /** False until the zone has seen the API: then every answer could be wrong. */
  readonly isSynced: () => boolean;
  readonly upstream?: Upstream;
}

/** Gives the response to a message; a promise only where an upstream is asked, undefined where silence is due. */
export type Resolver = (message: Buffer, transport: 'udp' | 'tcp') => Buffer | Promise<Buffer> | undefined;

/** The resolver of a zone. */
export function resolver({ zone, isSynced, upstream }: ResolverOptions): Resolver {
  return (message, transport) => {
    const query = readQuery(message);
    if (query === undefined) return undefined;
    const options: ResponseOptions = { transport, authoritative: true, recursionAvailable: upstream !== undefined };
    const respond = (answer: DnsAnswer, authoritative = true) =>
      writeResponse(query, answer, { ...options, authoritative });
    if (query.refusal !== undefined) return respond(emptyAnswer(query.refusal), false);
    if (!isSynced()) return respond(emptyAnswer(RCODE.SERVFAIL), false);
    const answer = zone.answer(query.name, query.type);
    if (answer === undefined) return elsewhere(zone, query, upstream, respond, transport);
    if (answer.chase === undefined || upstream === undefined) return respond(shuffled(answer));
    return chased(answer, answer.chase, query, upstream).then((whole) => respond(whole));
  };
}

/** Not the zone's. Without an upstream: REFUSED, which clients do not repeat as they do SERVFAIL. */
function elsewhere(
  zone: ClusterZone,
  query: Query,
  upstream: Upstream | undefined,
  respond: (answer: DnsAnswer, authoritative?: boolean) => Buffer,
  transport: 'udp' | 'tcp',
): Buffer | Promise<Buffer> {
  if (upstream !== undefined)
    return upstream.forward(query.raw, transport).catch(() => respond(emptyAnswer(RCODE.SERVFAIL), false));
  return isReverseName(query.name.toLowerCase())
    ? respond(zone.noSuchName())
    : respond(emptyAnswer(RCODE.REFUSED), false);
}

/** The CNAME with what the upstream knows of its target; alone when the upstream fails. */
async function chased(answer: DnsAnswer, target: string, { type }: Query, upstream: Upstream): Promise<DnsAnswer> {
  const records: readonly DnsRecord[] = await upstream.addresses(target, type).catch(() => []);
  return { ...answer, answers: [...answer.answers, ...records] };
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
