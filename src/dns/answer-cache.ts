/**
 * Responses as they went out, by the bytes of the question: a question asked again costs a look instead of a search and a message.
 * Holds nothing longer than it is true: a change of what the answers come from empties it.
 */
import type { AnsweringPlugin } from './dns-metrics.ts';

/** Beyond this many it begins anew: somebody is asking for names at random. */
const MOST_ANSWERS = 4096;
/** Longer ones (many options, TCP) are asked once. */
const MOST_BYTES = 300;

export interface CachedAnswer {
  readonly response: Buffer;
  /** Records of one length that may stand in any order, and shall. */
  readonly shuffled?: { readonly start: number; readonly size: number; readonly count: number };
  readonly type: string;
  readonly rcode: number;
  readonly plugin: AnsweringPlugin;
}

export class AnswerCache {
  readonly #version: () => number;
  readonly #answers = { udp: new Map<string, CachedAnswer>(), tcp: new Map<string, CachedAnswer>() };
  #held = -1;

  /** `version` changes whenever an answer may. */
  constructor(version: () => number) {
    this.#version = version;
  }

  /** The answer to this question, whose response has another question's id. */
  get(message: Buffer, transport: 'udp' | 'tcp'): CachedAnswer | undefined {
    if (this.#held !== this.#version()) this.#empty();
    return message.length > MOST_BYTES ? undefined : this.#answers[transport].get(keyOf(message));
  }

  /** Keeps an answer that was found since the last `get`. */
  keep(message: Buffer, transport: 'udp' | 'tcp', answer: CachedAnswer): void {
    if (message.length > MOST_BYTES) return;
    const answers = this.#answers[transport];
    if (answers.size >= MOST_ANSWERS) answers.clear();
    answers.set(keyOf(message), answer);
  }

  #empty(): void {
    this.#held = this.#version();
    this.#answers.udp.clear();
    this.#answers.tcp.clear();
  }
}

/** All but the id, which is the client's own. */
function keyOf(message: Buffer): string {
  return message.toString('latin1', 2);
}

/** What is sent in answer to `message`: the response with its id, its records in an order of its own. */
export function responseTo(message: Buffer, { response, shuffled }: CachedAnswer): Buffer {
  const copy = Buffer.allocUnsafe(response.length);
  response.copy(copy);
  copy[0] = message[0]!;
  copy[1] = message[1]!;
  if (shuffled !== undefined) shuffle(copy, shuffled);
  return copy;
}

function shuffle(message: Buffer, { start, size, count }: NonNullable<CachedAnswer['shuffled']>): void {
  for (let last = count - 1; last > 0; last -= 1) {
    const other = Math.floor(Math.random() * (last + 1));
    if (other !== last) swap(message, start + last * size, start + other * size, size);
  }
}

function swap(message: Buffer, one: number, other: number, size: number): void {
  for (let byte = 0; byte < size; byte += 1) {
    const kept = message[one + byte]!;
    message[one + byte] = message[other + byte]!;
    message[other + byte] = kept;
  }
}
