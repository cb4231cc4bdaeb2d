import { decode, encode, type OptAnswer, type Packet } from 'dns-packet';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { DnsAnswer, DnsRecord } from '../../src/dns/dns-record.ts';
import { emptyAnswer, readQuery, writeResponse } from '../../src/dns/message.ts';
import { resolver } from '../../src/dns/resolver.ts';
import type { Upstream } from '../../src/dns/upstream.ts';
import { zoneOf } from './fixtures.ts';

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

describe('resolver', () => {
  const { zone } = zoneOf();
  let synced = true;
  const resolve = resolver({ zone, isSynced: () => synced });
  const code = (raw: Buffer) => {
    const response = resolve(raw, 'udp');
    return response instanceof Buffer ? decode(response) : response;
  };

  it('answers, with EDNS where it was asked with EDNS', () => {
    expect(code(query())).toMatchObject({ rcode: 'NOERROR', answers: [{ data: '10.96.7.7' }], additionals: [] });
    expect(code(query({ additionals: [opt(1232)] }))).toMatchObject({
      additionals: [{ type: 'OPT', udpPayloadSize: 1232 }],
    });
    expect(code(query({ questions: [{ name: 'nothing.cluster.local', type: 'A' }] }))).toMatchObject({
      rcode: 'NXDOMAIN',
      flag_aa: true,
      authorities: [{ type: 'SOA', name: 'cluster.local', ttl: 5 }],
    });
  });

  it.each([
    ['example.com', 'A', 'NXDOMAIN'],
    ['kubernetes.default', 'A', 'NXDOMAIN'],
    ['9.9.9.9.in-addr.arpa', 'PTR', 'NXDOMAIN'],
    ['', 'NS', 'NOERROR'],
  ] as const)(
    'says of %s, with nobody else to ask, that it does not exist, with an SOA above it',
    (other, type, rcode) => {
      expect(code(query({ questions: [{ name: other, type }] }))).toMatchObject({
        rcode,
        flag_aa: false,
        answers: [],
        authorities: [{ type: 'SOA', name: '.', ttl: 5 }],
      });
    },
  );

  it('refuses what it cannot answer, each with its code, and is silent to what is no query', () => {
    expect(code(query({ questions: [{ name, type: 'A', class: 'CH' }] }))).toMatchObject({ rcode: 'REFUSED' });
    expect(code(query({ questions: [] }))).toMatchObject({ rcode: 'FORMERR' });
    expect(code(query().subarray(0, 20))).toMatchObject({ rcode: 'FORMERR', id: 4711 });
    expect(code(query({ flags: 0x2000 }))).toMatchObject({ rcode: 'NOTIMP' });
    expect(code(query({ additionals: [opt(1232, 1)] }))).toMatchObject({
      additionals: [{ type: 'OPT', extendedRcode: 1 }],
    });
    expect(resolve(Buffer.alloc(3), 'udp')).toBeUndefined();
    expect(resolve(encode({ type: 'response', id: 1 }), 'udp')).toBeUndefined();
  });

  it('survives any bytes', () => {
    const mutated = fc.tuple(fc.nat(), fc.nat({ max: 255 }), fc.nat({ max: 60 })).map(([at, byte, cut]) => {
      const raw = Buffer.from(query({ additionals: [opt(1232)] }));
      raw[at % raw.length] = byte;
      return raw.subarray(0, raw.length - (cut % 20));
    });
    fc.assert(
      fc.property(
        fc.oneof(
          mutated,
          fc.uint8Array({ maxLength: 80 }).map((bytes) => Buffer.from(bytes)),
        ),
        (raw) => {
          const response = resolve(raw, 'udp');
          if (response !== undefined) expect((response as Buffer).readUInt16BE(0)).toBe(raw.readUInt16BE(0));
        },
      ),
      { numRuns: 3000 },
    );
  });

  it('says SERVFAIL until it has seen the API', () => {
    synced = false;
    expect(code(query())).toMatchObject({ rcode: 'SERVFAIL', flag_aa: false });
    synced = true;
  });

  it('puts addresses in changing order, each once', () => {
    const raw = query({ questions: [{ name: 'db.default.svc.cluster.local', type: 'A' }] });
    const orders = new Set<string>();
    for (let run = 0; run < 200; run += 1) {
      const data = (code(raw) as { answers: { data: string }[] }).answers.map((answer) => answer.data);
      expect([...data].sort()).toEqual(['10.244.1.3', '10.244.2.3', '10.244.2.4']);
      orders.add(data.join());
    }
    expect(orders.size).toBe(6);
  });

  it('asks the upstream for other names, and for the target of an outside CNAME', async () => {
    const upstream: Upstream = {
      forward: async (message) =>
        decode(message).questions![0]!.name === 'down.example.com' ? Promise.reject(new Error('down')) : message,
      addresses: async (target) => [{ name: target, ttl: 60, type: 'A', data: '192.0.2.1' }],
      close() {},
    };
    const through = resolver({ zone, isSynced: () => true, upstream });
    const asked = async (target: string) => {
      const raw = query({ questions: [{ name: target, type: 'A' }] });
      return decode((await through(raw, 'udp'))!);
    };
    expect(await asked('example.com')).toMatchObject({ questions: [{ name: 'example.com' }] });
    expect(await asked('down.example.com')).toMatchObject({ rcode: 'SERVFAIL' });
    expect(await asked('outside.default.svc.cluster.local')).toMatchObject({
      flag_ra: true,
      answers: [
        { type: 'CNAME', data: 'database.example.com' },
        { name: 'database.example.com', data: '192.0.2.1' },
      ],
    });
  });
});
