/**
 * Writes a response to a query so that it fits what its client takes, setting TC where it does not. Knows no records of
 * the cluster.
 */
import type { DnsAnswer, Rcode } from './dns-record.ts';
import { MessageWriter } from './message-writer.ts';
import { HEADER_BYTES, OPCODE, QR, type Query } from './query-reader.ts';

const AA = 0x0400;
const TC = 0x0200;
const RD = 0x0100;
const RA = 0x0080;
/** Without EDNS (RFC 1035). */
const UDP_DEFAULT = 512;
/** What we take and give over UDP with EDNS: passes every link of the overlay in one piece. */
const UDP_SIZE = 1232;
const TCP_SIZE = 0xffff;

export interface ResponseOptions {
  readonly transport: 'udp' | 'tcp';
  readonly authoritative: boolean;
  readonly recursionAvailable: boolean;
}

const scratch = Buffer.alloc(TCP_SIZE);

/** An answer without records. */
export function emptyAnswer(rcode: Rcode): DnsAnswer {
  return { rcode, answers: [], authorities: [], additionals: [] };
}

/**
 * Writes the response. Over UDP it keeps to what the client takes; answers that do not fit are left out, with TC set.
 */
export function writeResponse(query: Query, answer: DnsAnswer, options: ResponseOptions): Buffer {
  const { raw, edns } = query;
  const optSize = edns === undefined ? 0 : 11;
  const limit = options.transport === 'tcp' ? TCP_SIZE : udpLimit(edns?.udpSize);
  const writer = new MessageWriter(scratch, limit - optSize);
  writer.copyQuestion(raw, query.name, query.questionEnd);
  const answers = countFitting(writer, answer.answers);
  const truncated = answers < answer.answers.length;
  const authorities = truncated ? 0 : countFitting(writer, answer.authorities);
  const additionals = truncated ? 0 : countFitting(writer, answer.additionals);
  let length = writer.length;
  if (edns !== undefined) length = appendOpt(length, answer.rcode >>> 4);

  const flags =
    QR |
    (raw.readUInt16BE(2) & (OPCODE | RD)) |
    (options.authoritative ? AA : 0) |
    (truncated ? TC : 0) |
    (options.recursionAvailable ? RA : 0) |
    (answer.rcode & 15);
  const counts = [
    query.questionEnd > HEADER_BYTES ? 1 : 0,
    answers,
    authorities,
    additionals + (edns === undefined ? 0 : 1),
  ];
  for (const [index, value] of [flags, ...counts].entries()) scratch.writeUInt16BE(value, 2 + 2 * index);
  return Buffer.from(scratch.subarray(0, length));
}

/** The response code of a response, without the upper bits that EDNS adds. */
export function rcodeOf(response: Buffer): number {
  return response.readUInt8(3) & 15;
}

/** The number of records in a response's answer section. */
export function answerCountOf(response: Buffer): number {
  return response.readUInt16BE(6);
}

function udpLimit(offered: number | undefined): number {
  return offered === undefined ? UDP_DEFAULT : Math.max(UDP_DEFAULT, Math.min(offered, UDP_SIZE));
}

function countFitting(writer: MessageWriter, records: DnsAnswer['answers']): number {
  let count = 0;
  while (count < records.length && writer.record(records[count]!)) count += 1;
  return count;
}

function appendOpt(at: number, extendedRcode: number): number {
  const writer = new MessageWriter(scratch.subarray(at), 11);
  writer.opt(UDP_SIZE, extendedRcode);
  return at + writer.length;
}
