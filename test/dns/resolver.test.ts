import { decode, encode, type OptAnswer, type Packet } from 'dns-packet';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { DnsRecord } from '../../src/dns/dns-record.ts';
import { emptyAnswer } from '../../src/dns/message.ts';
import { nothingElse, type Plugin } from '../../src/dns/plugins.ts';
import { logLine } from '../../src/dns/query-log.ts';
import { type LoggedQuery, resolver } from '../../src/dns/resolver.ts';
import { service, slice, zoneOf } from './fixtures.ts';

const name = 'web.default.svc.cluster.local';
const client = { transport: 'udp', address: '10.244.1.9', port: 40_000 } as const;
const query = (fields: Partial<Packet> = {}) =>
  encode({ type: 'query', id: 4711, flags: 0x0100, questions: [{ name, type: 'A' }], ...fields });
const opt = (udpPayloadSize: number, ednsVersion = 0): OptAnswer => ({
  ...{ type: 'OPT', name: '.', udpPayloadSize, ednsVersion, extendedRcode: 0, flags: 0, flag_do: false, options: [] },
});
const { zone } = zoneOf();
const cluster: Plugin = { name: 'kubernetes', answer: (asked) => zone.answer(asked.name, asked.type) };
const lines: string[] = [];
const resolve = resolver({
  servers: [{ zone: '', plugins: [cluster], log: (asked: LoggedQuery) => lines.push(logLine(asked)) }],
  recursionAvailable: false,
});
const code = (raw: Buffer, over = resolve) => {
  const response = over(raw, client);
  return response instanceof Buffer ? decode(response) : response;
};

describe('resolver', () => {
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

  it('refuses what it cannot answer, each with its code, and is silent to what is no query', () => {
    expect(code(query({ questions: [{ name, type: 'A', class: 'CH' }] }))).toMatchObject({ rcode: 'REFUSED' });
    expect(code(query({ questions: [] }))).toMatchObject({ rcode: 'FORMERR' });
    expect(code(query().subarray(0, 20))).toMatchObject({ rcode: 'FORMERR', id: 4711 });
    expect(code(query({ flags: 0x2000 }))).toMatchObject({ rcode: 'NOTIMP' });
    expect(code(query({ additionals: [opt(1232, 1)] }))).toMatchObject({
      additionals: [{ type: 'OPT', extendedRcode: 1 }],
    });
    expect(code(query({ additionals: [opt(1232), opt(1232)] }))).toMatchObject({ rcode: 'FORMERR' });
    expect(code(query({ questions: [{ name: 'example.com', type: 'A' }] }))).toMatchObject({ rcode: 'SERVFAIL' });
    expect(resolve(Buffer.alloc(3), client)).toBeUndefined();
    expect(resolve(encode({ type: 'response', id: 1 }), client)).toBeUndefined();
  });

  it('says SERVFAIL where its own answer would be no message', async () => {
    // Kubernetes' validation knows no limit of a label: 253 characters in all are enough for it.
    const { zone: odd } = zoneOf([
      service('odd', { type: 'ExternalName', externalName: `${'x'.repeat(64)}.example.com` }),
    ]);
    const plugin: Plugin = { name: 'kubernetes', answer: (asked) => odd.answer(asked.name, asked.type) };
    const over = resolver({ servers: [{ zone: '', plugins: [plugin] }], recursionAvailable: false });
    for (const type of ['A', 'CNAME', 'TXT'] as const) {
      const asked = query({ questions: [{ name: 'odd.default.svc.cluster.local', type }] });
      expect(decode((await over(asked, client))!)).toMatchObject({ id: 4711, rcode: 'SERVFAIL', answers: [] });
    }
  });

  it('takes a dot within a label for no border', () => {
    const raw = query();
    raw[12] = 'web.default'.length;
    expect(code(raw)).toMatchObject({ rcode: 'NXDOMAIN' });
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
          const response = resolve(raw, client);
          if (response !== undefined) expect((response as Buffer).readUInt16BE(0)).toBe(raw.readUInt16BE(0));
        },
      ),
      { numRuns: 3000 },
    );
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

  describe('with answers kept', () => {
    const { zone: changing, index } = zoneOf();
    let version = 0;
    const asked: string[] = [];
    const keeping = resolver({
      servers: [
        {
          zone: '',
          plugins: [
            {
              name: 'kubernetes',
              answer: (question) => {
                asked.push(question.name);
                return changing.answer(question.name, question.type);
              },
            },
          ],
        },
      ],
      recursionAvailable: false,
      version: () => version,
    });
    const answer = (each: string, type: 'A' | 'SRV' = 'A', id = 4711) => {
      const packet = code(query({ id, questions: [{ name: each, type }] }), keeping) as Packet;
      expect(packet.id).toBe(id);
      return packet.answers!.map((record) => (record as { data: string }).data);
    };

    it('looks once for each question, whoever asks, until something changes', () => {
      asked.length = 0;
      for (let id = 1; id < 5; id += 1) expect(answer(name, 'A', id)).toEqual(['10.96.7.7']);
      expect(answer('nothing.cluster.local')).toEqual([]);
      expect(answer('nothing.cluster.local')).toEqual([]);
      expect(asked).toEqual([name, 'nothing.cluster.local']);
      index.setService(service('web', { clusterIP: '10.96.7.99' }), true);
      version += 1;
      expect(answer(name)).toEqual(['10.96.7.99']);
    });

    it('gives addresses in every order, and looks again for what it cannot put in order', () => {
      asked.length = 0;
      const db = 'db.default.svc.cluster.local';
      const orders = new Set(Array.from({ length: 200 }, () => answer(db).join()));
      expect([...orders].map((order) => order.split(',').sort().join())).toEqual(
        Array.from({ length: 6 }, () => '10.244.1.3,10.244.2.3,10.244.2.4'),
      );
      expect(asked).toEqual([db]);
      answer(`_http._tcp.${db}`, 'SRV');
      answer(`_http._tcp.${db}`, 'SRV');
      expect(asked).toHaveLength(3);
    });

    it('keeps no answer that was cut short', () => {
      const endpoints = Array.from({ length: 60 }, (_, each) => ({ addresses: [`10.244.7.${each}`] }));
      index.setSlice(slice('empty', endpoints), true);
      version += 1;
      asked.length = 0;
      expect(answer('empty.default.svc.cluster.local').length).toBeLessThan(60);
      answer('empty.default.svc.cluster.local');
      expect(asked).toHaveLength(2);
    });

    it('begins anew when somebody asks for more names than it holds', () => {
      for (let each = 0; each < 5000; each += 1) answer(`x${each}.default.svc.cluster.local`);
      expect(answer(name)).toEqual(['10.96.7.99']);
    });
  });

  it('writes a line for each query in the words of CoreDNS’s log', () => {
    lines.length = 0;
    code(query({ additionals: [opt(1232)] }));
    expect(lines).toEqual([
      expect.stringMatching(
        /^\[INFO\] 10\.244\.1\.9:40000 - 4711 "A IN web\.default\.svc\.cluster\.local\. udp 58 false 1232" NOERROR qr,aa,rd \d+ 0\.0\d{8}s$/,
      ),
    ]);
  });
});

describe('server blocks and plugins', () => {
  const answering = (plugin: Plugin['name'], data: string): Plugin => ({
    name: plugin,
    answer: (asked) => ({ ...emptyAnswer(0), answers: [{ name: asked.name, ttl: 9, type: 'A', data }] }),
  });
  const soa: DnsRecord = {
    ...{ name: '', ttl: 5, type: 'SOA' },
    data: { mname: 'a', rname: 'b', serial: 1, refresh: 1, retry: 1, expire: 1, minimum: 5 },
  };
  const outside: Plugin = {
    name: 'forward',
    answer: ({ name: asked, raw }) =>
      asked === 'down.example.com' ? Promise.reject(new Error('down')) : Promise.resolve(responseTo(raw)),
  };
  const responseTo = (raw: Buffer) => {
    const { questions = [], id = 0 } = decode(raw);
    return encode({
      ...{ type: 'response', id, questions, flags: 0x8080 },
      answers: [{ name: questions[0]!.name, type: 'A', ttl: 60, data: '192.0.2.1' }],
    });
  };
  const chain = resolver({
    servers: [
      { zone: '', plugins: [cluster, outside] },
      { zone: 'stub.example', plugins: [answering('forward', '192.0.2.7')] },
      { zone: 'deep.stub.example', plugins: [answering('forward', '192.0.2.8')] },
      { zone: 'closed.example', plugins: [nothingElse(soa)] },
    ],
    recursionAvailable: true,
  });
  const ask = async (asked: string) =>
    decode((await chain(query({ questions: [{ name: asked, type: 'A' }] }), client))!);

  it.each([
    ['a.stub.example', '192.0.2.7'],
    ['A.Deep.Stub.Example', '192.0.2.8'],
    ['notstub.example', '192.0.2.1'],
    [name, '10.96.7.7'],
  ])('%s is answered %s: by the block of the longest zone', async (asked, data) => {
    expect(await ask(asked)).toMatchObject({ rcode: 'NOERROR', flag_ra: true, answers: [{ data }] });
  });

  it('says of a name nobody has that it does not exist, of a failing upstream SERVFAIL', async () => {
    expect(await ask('x.closed.example')).toMatchObject({ rcode: 'NXDOMAIN', authorities: [{ type: 'SOA', ttl: 5 }] });
    expect(await ask('down.example.com')).toMatchObject({ rcode: 'SERVFAIL' });
  });

  it('completes a CNAME that leads out of the zone', async () => {
    expect(await ask('outside.default.svc.cluster.local')).toMatchObject({
      answers: [
        { type: 'CNAME', data: 'database.example.com' },
        { name: 'database.example.com', data: '192.0.2.1' },
      ],
    });
  });

  it('refuses names of no block', () => {
    const closed = resolver({ servers: [{ zone: 'cluster.local', plugins: [cluster] }], recursionAvailable: false });
    expect(code(query({ questions: [{ name: 'example.com', type: 'A' }] }), closed)).toMatchObject({
      rcode: 'REFUSED',
    });
  });
});
