import { decode, encode, type OptAnswer, type Packet } from 'dns-packet';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { DnsAnswer, DnsRecord } from '../../src/dns/dns-record.ts';
import { emptyAnswer, writeResponse } from '../../src/dns/message.ts';
import { readQuery } from '../../src/dns/query-reader.ts';

const name = 'web.default.svc.cluster.local';
const query = (fields: Partial<Packet> = {}) =>
  encode({ type: 'query', id: 4711, flags: 0x0100, questions: [{ name, type: 'A' }], ...fields });
const opt = (udpPayloadSize: number, ednsVersion = 0): OptAnswer => ({
  type: 'OPT',
  name: '.',
  udpPayloadSize,
  ednsVersion,
  extendedRcode: 0,
  flags: 0,
  flag_do: false,
  options: [],
});
const answerOf = (answers: readonly DnsRecord[]): DnsAnswer => ({ ...emptyAnswer(0), answers });
const OPTIONS = { transport: 'udp', authoritative: true, recursionAvailable: false } as const;
const respond = (raw: Buffer, answer: DnsAnswer, options = {}) =>
  writeResponse(readQuery(raw)!, answer, { ...OPTIONS, ...options });

describe('writeResponse', () => {
  it('writes every kind of record so that dns-packet reads the same', () => {
    const records: DnsRecord[] = [
      { name, ttl: 5, type: 'A', data: '10.96.0.1' },
      { name: 'x.web.default.svc.cluster.local', ttl: 5, type: 'AAAA', data: 'fd00::1' },
      { name, ttl: 5, type: 'CNAME', data: 'default.svc.cluster.local' },
      { name: 'cluster.local', ttl: 5, type: 'NS', data: 'ns.dns.cluster.local' },
      { name, ttl: 5, type: 'PTR', data: 'db-0.web.default.svc.cluster.local' },
      {
        name,
        ttl: 5,
        type: 'SRV',
        data: { priority: 0, weight: 33, port: 8080, target: 'db-0.web.default.svc.cluster.local' },
      },
      {
        name: 'cluster.local',
        ttl: 5,
        type: 'SOA',
        data: {
          mname: 'ns.dns.cluster.local',
          rname: 'hostmaster.cluster.local',
          serial: 4_000_000_000,
          refresh: 7200,
          retry: 1800,
          expire: 86400,
          minimum: 5,
        },
      },
    ];
    const raw = respond(query(), answerOf(records), { transport: 'tcp' });
    const packet = decode(raw);
    expect(packet).toMatchObject({
      id: 4711,
      type: 'response',
      flag_aa: true,
      flag_rd: true,
      flag_ra: false,
      flag_tc: false,
    });
    expect(packet.questions).toMatchObject([{ name, type: 'A', class: 'IN' }]);
    const read = packet.answers as unknown as (DnsRecord & { class: string; flush: boolean })[];
    expect(read.map(({ class: _class, flush: _flush, ...record }) => record)).toEqual(records);
    const txt = decode(respond(query(), answerOf([{ name, ttl: 5, type: 'TXT', data: '1.1.0' }])));
    expect(String((txt.answers![0] as { data: Buffer[] }).data[0])).toBe('1.1.0');
  });

  it('compresses: 28 endpoints fit into a message without EDNS', () => {
    const records = Array.from(
      { length: 28 },
      (_, index) => ({ name, ttl: 5, type: 'A', data: `10.244.0.${index}` }) as const,
    );
    const raw = respond(query(), answerOf(records));
    expect(raw.length).toBeLessThanOrEqual(512);
    expect(decode(raw)).toMatchObject({ flag_tc: false, answers: { length: 28 } });
  });

  it('keeps to what the client takes, cuts at a record, and says so', () => {
    const records = Array.from(
      { length: 200 },
      (_, index) => ({ name, ttl: 5, type: 'A', data: `10.244.0.${index}` }) as const,
    );
    const sizes = [
      [query(), 512],
      [query({ additionals: [opt(4096)] }), 1232],
      [query({ additionals: [opt(700)] }), 700],
      [query({ additionals: [opt(100)] }), 512],
    ] as const;
    for (const [raw, limit] of sizes) {
      const response = respond(raw, {
        ...answerOf(records),
        additionals: [{ name, ttl: 5, type: 'A', data: '10.0.0.1' }],
      });
      expect(response.length).toBeLessThanOrEqual(limit);
      expect(response.length).toBeGreaterThan(limit - 32);
      const packet = decode(response);
      expect(packet.flag_tc).toBe(true);
      expect(packet.additionals).toHaveLength(raw === sizes[0][0] ? 0 : 1);
    }
    const whole = decode(respond(query(), answerOf(records), { transport: 'tcp' }));
    expect(whole).toMatchObject({ flag_tc: false, answers: { length: 200 } });
  });

  it('names of any shape come back as they were', () => {
    const label = fc.string({ unit: fc.constantFrom('a', 'B', '0', '-', '_'), minLength: 1, maxLength: 63 });
    const names = fc
      .array(label, { minLength: 1, maxLength: 4 })
      .map((labels) => labels.join('.'))
      .filter((text) => text.length < 250);
    fc.assert(
      fc.property(names, fc.array(names, { maxLength: 5 }), (asked, targets) => {
        const raw = encode({ type: 'query', id: 1, questions: [{ name: asked, type: 'PTR' }] });
        const records = targets.map((data) => ({ name: asked, ttl: 1, type: 'PTR', data }) as const);
        const packet = decode(writeResponse(readQuery(raw)!, answerOf(records), { ...OPTIONS, transport: 'tcp' }));
        expect(packet.answers!.map((record) => [record.name, (record as { data: string }).data.toLowerCase()])).toEqual(
          targets.map((target) => [asked, target.toLowerCase()]),
        );
      }),
    );
  });
});
