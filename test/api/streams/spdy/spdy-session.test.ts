import { duplexPair } from 'node:stream';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { GOAWAY, INITIAL_WINDOW_SIZE, RESET } from '../../../../src/api/streams/spdy/frames.ts';
import { SpdySession } from '../../../../src/api/streams/spdy/spdy-session.ts';
import type { SpdyStream } from '../../../../src/api/streams/spdy/spdy-stream.ts';
import { SpdyClient } from './spdy-client.ts';

const sessions: SpdySession[] = [];

/** A connection in memory whose server takes any stream that is not `unwanted`. */
function connect() {
  const [near, far] = duplexPair();
  const streams: SpdyStream[] = [];
  const session = new SpdySession(far, Buffer.alloc(0), {
    admits: (headers) => headers.get('streamtype') !== 'unwanted',
    opened: (stream) => {
      stream.on('error', () => undefined);
      streams.push(stream);
    },
  });
  sessions.push(session);
  return { client: new SpdyClient(near), session, streams, server: far };
}

afterEach(() => {
  for (const session of sessions.splice(0)) session.destroy();
});

/** Several turns of the event loop: what could happen has happened. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate);
}

async function opened(streams: SpdyStream[], count = 1): Promise<SpdyStream> {
  while (streams.length < count) await new Promise(setImmediate);
  return streams[count - 1]!;
}

async function textOf(stream: SpdyStream): Promise<string> {
  const chunks = await stream.toArray();
  return Buffer.concat(chunks as Buffer[]).toString();
}

const BREACHES: readonly [string, (client: SpdyClient) => void][] = [
  [
    'a stream opened twice',
    (client) => {
      const block = client.compressed({});
      client.send({ type: 'syn-stream', id: 1, fin: false, oneWay: false, block });
      client.send({ type: 'syn-stream', id: 1, fin: false, oneWay: false, block: client.compressed({}) });
    },
  ],
  [
    'a stream with a number of ours',
    (client) => client.send({ type: 'syn-stream', id: 2, fin: false, oneWay: false, block: client.compressed({}) }),
  ],
  ['a reply to nothing', (client) => client.send({ type: 'syn-reply', id: 2, fin: false, block: Buffer.alloc(0) })],
  [
    'headers that cannot be read',
    (client) => client.send({ type: 'syn-stream', id: 1, fin: false, oneWay: false, block: Buffer.from('nonsense') }),
  ],
  ['another protocol', (client) => client.socket.write('\x80GET / HTTP/1.1\r\n\r\n')],
];

describe('a SPDY session', () => {
  it('answers a stream before it sends on it, and carries both directions to their ends', async () => {
    const { client, streams } = connect();
    const id = client.open({ streamtype: 'stdin' });
    client.data(id, 'one ');
    client.data(id, 'two', true);
    const stream = await opened(streams);
    expect(await textOf(stream)).toBe('one two');
    // Half closed: our side still goes on.
    stream.write('answer');
    stream.end();
    expect(await client.ended(id)).toBe('answer');
    expect(client.frames.map(({ type }) => type)).toEqual(['syn-reply', 'data', 'data']);
  });

  it('refuses streams nobody wants, one-way streams and too many, and goes on', async () => {
    const { client, streams } = connect();
    expect(await client.reset(client.open({ streamtype: 'unwanted' }))).toBe(RESET.refusedStream);
    expect(await client.reset(client.open({}, false, true))).toBe(RESET.refusedStream);
    for (let count = 0; count < 1024; count++) client.open({});
    expect(await client.reset(client.open({}))).toBe(RESET.refusedStream);
    expect(streams.length).toBe(1024);
    streams[0]!.destroy();
    await client.reset(streams[0]!.id);
    client.open({});
    expect((await opened(streams, 1025)).id).toBe(2055);
  });

  it('resets a stream that is destroyed, and ends one that is reset', async () => {
    const { client, streams } = connect();
    const first = client.open({});
    (await opened(streams)).destroy();
    expect(await client.reset(first)).toBe(RESET.cancel);
    client.data(first, 'was under way');
    const second = client.open({});
    const stream = await opened(streams, 2);
    client.send({ type: 'rst-stream', id: second, reason: RESET.cancel });
    await new Promise((resolve) => stream.on('close', resolve));
    await settle();
    expect(client.frames.filter(({ type }) => type === 'rst-stream')).toHaveLength(1);
  });

  it('answers pings of the client, and resets data for a stream that never was', async () => {
    const { client } = connect();
    client.send({ type: 'ping', id: 7 });
    client.send({ type: 'ping', id: 8 });
    client.data(9, 'x');
    expect(await client.reset(9)).toBe(RESET.invalidStream);
    expect(client.frames.filter(({ type }) => type === 'ping')).toEqual([{ type: 'ping', id: 7 }]);
  });

  it('keeps its reading of headers in step, also with headers nobody wants', async () => {
    const { client, streams } = connect();
    const id = client.open({ streamtype: 'error' });
    client.send({ type: 'headers', id, fin: false, block: client.compressed({ more: 'error error error' }) });
    client.open({ streamtype: 'unwanted' });
    client.open({ streamtype: 'error', more: 'error error error' });
    expect([...(await opened(streams, 2)).headers]).toEqual([
      ['streamtype', 'error'],
      ['more', 'error error error'],
    ]);
  });

  it('after a GOAWAY opens nothing, and closes with the last stream', async () => {
    const { client, streams, session } = connect();
    const id = client.open({}, true);
    const stream = await opened(streams);
    client.send({ type: 'goaway', lastStream: 0, reason: GOAWAY.ok });
    expect(await client.reset(client.open({}))).toBe(RESET.refusedStream);
    stream.resume().end('last');
    expect(await client.ended(id)).toBe('last');
    await client.closed;
    client.socket.end();
    await session.closed;
  });

  it('ends all streams when the client goes', async () => {
    const { client, streams, session } = connect();
    client.open({});
    const stream = await opened(streams);
    const closed = new Promise((resolve) => stream.on('close', resolve));
    client.socket.destroy();
    await Promise.all([closed, session.closed]);
  });

  it.each(BREACHES)('ends the connection with a reason for %s', async (_what, misbehave) => {
    const { client, session } = connect();
    misbehave(client);
    await session.closed;
    expect(client.frames.at(-1)).toMatchObject({ type: 'goaway', reason: GOAWAY.protocolError });
  });

  it('ends the connection of a client that has itself answered and does not read', async () => {
    const { client, session } = connect();
    client.socket.pause();
    for (let count = 0; count < 20_000; count++) client.send({ type: 'ping', id: 1 });
    await session.closed;
  });
});

describe('limits of what is held', () => {
  it('stops reading when nobody takes what came, and goes on when someone does', async () => {
    const { client, streams } = connect();
    const [slow, quick] = [client.open({}), client.open({})];
    const [first, second] = [await opened(streams), await opened(streams, 2)];
    const chunk = Buffer.alloc(16_384, 'x');
    for (let count = 0; count < 400; count++) client.data(slow, chunk);
    client.data(slow, '', true);
    client.data(quick, 'behind it', true);
    await settle();
    expect(client.socket.writableLength).toBeGreaterThan(5_000_000);
    const [taken, behind] = await Promise.all([textOf(first), textOf(second)]);
    expect([taken.length, behind]).toEqual([400 * 16_384, 'behind it']);
  });

  it('counts tiny chunks for more than their bytes', async () => {
    const { client, streams } = connect();
    const id = client.open({});
    const stream = await opened(streams);
    for (let count = 0; count < 8000; count++) client.data(id, 'x');
    client.send({ type: 'ping', id: 1 });
    await settle();
    expect(client.frames.map(({ type }) => type)).toEqual(['syn-reply']);
    stream.resume();
    await client.frame(({ type }) => type === 'ping');
  });

  it('lets go of what came for a stream that is given up', async () => {
    const { client, streams } = connect();
    const [slow, quick] = [client.open({}), client.open({})];
    const [first, second] = [await opened(streams), await opened(streams, 2)];
    client.data(slow, Buffer.alloc(2_000_000));
    client.data(quick, 'behind it', true);
    first.destroy();
    expect(await textOf(second)).toBe('behind it');
  });
});

describe('windows', () => {
  it('do not bind us until the client counts', async () => {
    const { client, streams } = connect();
    const id = client.open({});
    (await opened(streams)).end(Buffer.alloc(500_000));
    expect((await client.ended(id)).length).toBe(500_000);
  });

  it('bind us from the first sign that it does, as from the beginning', async () => {
    const { client, streams } = connect();
    client.send({ type: 'settings', values: new Map([[INITIAL_WINDOW_SIZE, 100_000]]) });
    const id = client.open({});
    (await opened(streams)).end(Buffer.alloc(150_000));
    await settle();
    // The connection's own window is not set, but granted.
    expect(client.received(id).length).toBe(65_536);
    client.send({ type: 'window-update', id: 0, delta: 1_000_000 });
    await settle();
    expect(client.received(id).length).toBe(100_000);
    client.send({ type: 'window-update', id, delta: 50_000 });
    expect((await client.ended(id)).length).toBe(150_000);
  });

  it('are given to the client as its data is taken', async () => {
    const { client, streams } = connect();
    const id = client.open({});
    (await opened(streams)).resume();
    client.data(id, Buffer.alloc(40_000));
    await client.frame((frame) => frame.type === 'window-update' && frame.id === id);
    expect(client.frames.filter(({ type }) => type === 'window-update')).toEqual([
      { type: 'window-update', id: 0, delta: 40_000 },
      { type: 'window-update', id, delta: 40_000 },
    ]);
  });
});

describe('whatever comes', () => {
  it('ends in a closed connection, never in an error', async () => {
    const id = fc.integer({ min: 0, max: 12 });
    const action = fc.oneof<fc.Arbitrary<(client: SpdyClient) => void>[]>(
      fc.tuple(fc.string(), fc.boolean()).map(
        ([value, fin]) =>
          (client) =>
            void client.open({ value }, fin),
      ),
      fc.tuple(id, fc.boolean()).map(
        ([at, fin]) =>
          (client) =>
            client.data(at, 'some data', fin),
      ),
      fc.tuple(id, id).map(
        ([at, reason]) =>
          (client) =>
            client.send({ type: 'rst-stream', id: at, reason }),
      ),
      fc.tuple(id, id).map(
        ([at, delta]) =>
          (client) =>
            client.send({ type: 'window-update', id: at, delta }),
      ),
      id.map((value) => (client) => client.send({ type: 'settings', values: new Map([[value, value]]) })),
      id.map((at) => (client) => client.send({ type: 'ping', id: at })),
      fc.uint8Array({ maxLength: 40 }).map((bytes) => (client) => void client.socket.write(bytes)),
      fc.uint8Array({ maxLength: 20 }).map((bytes) => (client) => {
        client.send({ type: 'headers', id: 1, fin: true, block: Buffer.from(bytes) });
      }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(action, { maxLength: 30 }), async (actions) => {
        const { client, session, streams } = connect();
        for (const act of actions) act(client);
        await new Promise(setImmediate);
        for (const stream of streams) stream.resume().end('bye');
        client.socket.end();
        await session.closed;
        expect(streams.every(({ destroyed }) => destroyed)).toBe(true);
      }),
      { numRuns: 200 },
    );
  });
});
