/** Answers queries: from the zone if it is the zone's, from an upstream if there is one; else the name does not exist. */
import type { AnsweredQuery, AnsweringPlugin } from './dns-metrics.ts';
import { type DnsAnswer, type DnsRecord, RCODE } from './dns-record.ts';
import { emptyAnswer, type Query, type ResponseOptions, rcodeOf, readQuery, writeResponse } from './message.ts';
import type { Upstream } from './upstream.ts';
import type { ClusterZone } from './zone.ts';

export interface ResolverOptions {
  readonly zone: ClusterZone;
  /** False until the zone has seen the API: then every answer could be wrong. */
  readonly isSynced: () => boolean;
  readonly upstream?: Upstream;
  /** Told of every answer. */
  readonly onAnswered?: (query: AnsweredQuery) => void;
}

/** Gives the response to a message; a promise only where an upstream is asked, undefined where silence is due. */
export type Resolver = (message: Buffer, transport: 'udp' | 'tcp') => Buffer | Promise<Buffer> | undefined;

/** A response (or the promise of one) and who gave it. */
type Reply = readonly [response: Buffer | Promise<Buffer>, plugin: AnsweringPlugin];

/** The resolver of a zone. */
export function resolver(options: ResolverOptions): Resolver {
  return (message, transport) => {
    const begun = performance.now();
    const query = readQuery(message);
    if (query === undefined) return undefined;
    const [response, plugin] = reply(options, query, transport);
    const told = (bytes: Buffer) => {
      const seconds = (performance.now() - begun) / 1000;
      options.onAnswered?.({ transport, type: query.type, rcode: query.refusal ?? rcodeOf(bytes), plugin, seconds });
      return bytes;
    };
    return response instanceof Promise ? response.then(told) : told(response);
  };
}

function reply({ zone, isSynced, upstream }: ResolverOptions, query: Query, transport: 'udp' | 'tcp'): Reply {
  const options: ResponseOptions = { transport, authoritative: true, recursionAvailable: upstream !== undefined };
  const respond = (answer: DnsAnswer, authoritative = true) =>
    writeResponse(query, answer, { ...options, authoritative });
  if (query.refusal !== undefined) return [respond(emptyAnswer(query.refusal), false), ''];
  if (!isSynced()) return [respond(emptyAnswer(RCODE.SERVFAIL), false), 'kubernetes'];
  const answer = zone.answer(query.name, query.type);
  if (answer === undefined) {
    // The lab's world ends at the cluster: what its zone does not have does not exist.
    if (upstream === undefined) return [respond(zone.nothingElse(query.name), false), ''];
    const failed = () => respond(emptyAnswer(RCODE.SERVFAIL), false);
    return [upstream.forward(query.raw, transport).catch(failed), 'forward'];
  }
  if (answer.chase === undefined || upstream === undefined) return [respond(shuffled(answer)), 'kubernetes'];
  return [chased(answer, answer.chase, query, upstream).then((whole) => respond(whole)), 'kubernetes'];
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
