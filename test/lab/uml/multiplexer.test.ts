/** Host and guest joined by a line whose guest side, like the real one, goes deaf when more than 3,968 bytes wait unread. */
import { once } from 'node:events';
import { type Duplex, PassThrough, Writable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Line } from '../../../src/lab/uml/line.ts';
import { Multiplexer } from '../../../src/lab/uml/multiplexer.ts';

const GUEST_BUFFER_BYTES = 3968;

/** Passes bytes on in later turns, in pieces of `piece` bytes; more than `limit` at once is an error. */
function wire(piece: number, limit: number): { input: PassThrough; output: Writable; most: () => number } {
  const input = new PassThrough();
  let waiting = Buffer.alloc(0);
  let most = 0;
  const pass = () => {
    input.write(waiting.subarray(0, piece));
    waiting = waiting.subarray(piece);
    if (waiting.length > 0) setImmediate(pass);
  };
  const output = new Writable({
    write(chunk: Buffer, _encoding, done) {
      if (waiting.length === 0) setImmediate(pass);
      waiting = Buffer.concat([waiting, chunk]);
      most = Math.max(most, waiting.length);
      done(most > limit ? new Error(`${most} bytes unread`) : null);
    },
  });
  return { input, output, most: () => most };
}

function join(serve: (service: string, stream: Duplex) => void, piece = 1000) {
  const down = wire(piece, GUEST_BUFFER_BYTES);
  const up = wire(piece, Number.POSITIVE_INFINITY);
  const host = new Multiplexer(new Line({ input: up.input, output: down.output, end: 'host' }), () => undefined);
  const guest = new Multiplexer(new Line({ input: down.input, output: up.output, end: 'guest' }), serve);
  return { host, guest, most: down.most, cut: () => up.input.destroy() };
}

const echo = (_service: string, stream: Duplex) => void stream.pipe(stream);

describe('the multiplexer', () => {
  it('carries many streams at once, whole and in order, within the guest’s buffer', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.nat(100_000), { minLength: 1, maxLength: 8 }),
        fc.integer({ min: 1, max: 5000 }),
        async (sizes, piece) => {
          const { host, most } = join(echo, Math.max(piece, 200));
          const echoed = await Promise.all(
            sizes.map(async (size, index) => {
              const sent = Buffer.from(Array.from({ length: size }, (_, at) => (at * 31 + index) & 0xff));
              const stream = host.open('echo');
              stream.end(sent);
              return (await buffer(stream)).equals(sent);
            }),
          );
          expect(echoed).toEqual(sizes.map(() => true));
          expect(most()).toBeLessThanOrEqual(GUEST_BUFFER_BYTES);
        },
      ),
      { numRuns: 15 },
    );
  });

  it('tells the host when the guest listens, and the guest which service is wanted', async () => {
    const wanted: string[] = [];
    const { host, guest } = join((service, stream) => {
      wanted.push(service);
      stream.end('');
    });
    guest.greet();
    await host.greeted;
    const stream = host.open('daemon');
    stream.resume();
    await once(stream, 'end');
    expect(wanted).toEqual(['daemon']);
  });

  it('holds up the writer of a stream that nobody reads, and no other', async () => {
    const { host } = join((service, stream) => {
      if (service === 'echo') stream.pipe(stream);
    });
    const stuck = host.open('nobody');
    expect(stuck.write(Buffer.alloc(200_000))).toBe(false);
    const stream = host.open('echo');
    stream.end('still here');
    expect((await buffer(stream)).toString()).toBe('still here');
    expect(stuck.writableLength).toBeGreaterThan(0);
  });

  it('passes the end of one direction on while the other goes on', async () => {
    const { host } = join((_service, stream) => {
      void buffer(stream).then((heard) => stream.end(`heard ${heard.length}`));
    });
    const stream = host.open('count');
    stream.end(Buffer.alloc(50_000));
    expect((await buffer(stream)).toString()).toBe('heard 50000');
  });

  it('closes the other end of a stream that is given up', async () => {
    let served: Duplex | undefined;
    const { host } = join((_service, stream) => {
      served = stream;
      stream.write('x');
    });
    const stream = host.open('any');
    await once(stream, 'data');
    stream.destroy();
    await once(served!, 'close');
  });

  it('closes every stream when the line is cut', async () => {
    const { host, cut } = join(echo);
    const stream = host.open('echo');
    cut();
    await once(stream, 'close');
  });
});
