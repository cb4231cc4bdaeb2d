import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type ControlFrame,
  encodeControlFrame,
  encodeDataFrame,
  type Frame,
} from '../../../../src/api/streams/spdy/frames.ts';
import { FrameReader } from '../../../../src/api/streams/spdy/read-frames.ts';
import { SpdyError } from '../../../../src/api/streams/spdy/spdy-error.ts';

function readAll(chunks: readonly Buffer[]): Frame[] {
  const reader = new FrameReader();
  return chunks.flatMap((chunk) => [...reader.read(chunk)]);
}

/** The bytes, cut at these places. */
function cut(bytes: Buffer, places: readonly number[]): Buffer[] {
  const ends = [...places.map((place) => place % (bytes.length + 1)), bytes.length].sort((a, b) => a - b);
  return ends.map((end, index) => bytes.subarray(index === 0 ? 0 : ends[index - 1], end));
}

/** Frames with the pieces of each data frame joined again. */
function joined(frames: readonly Frame[]): Frame[] {
  const result: Frame[] = [];
  for (const frame of frames) {
    const last = result.at(-1);
    if (frame.type === 'data' && last?.type === 'data' && last.id === frame.id && !last.fin) {
      result[result.length - 1] = { ...frame, payload: Buffer.concat([last.payload, frame.payload]) };
    } else result.push(frame);
  }
  return result;
}

const id = fc.integer({ min: 1, max: 0x7fffffff });
const word = fc.integer({ min: 0, max: 0xffffffff });
const block = fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes));
const controlFrame: fc.Arbitrary<Exclude<ControlFrame, { type: 'unknown' }>> = fc.oneof(
  fc.record({ type: fc.constant('syn-stream' as const), id, fin: fc.boolean(), oneWay: fc.boolean(), block }),
  fc.record({ type: fc.constantFrom('syn-reply' as const, 'headers' as const), id, fin: fc.boolean(), block }),
  fc.record({ type: fc.constant('rst-stream' as const), id, reason: word }),
  fc.record({ type: fc.constant('ping' as const), id: word }),
  fc.record({ type: fc.constant('goaway' as const), lastStream: id, reason: word }),
  fc.record({ type: fc.constant('window-update' as const), id, delta: id }),
  fc.record({
    type: fc.constant('settings' as const),
    values: fc
      .array(fc.tuple(fc.integer({ min: 0, max: 0xffffff }), word), { maxLength: 5 })
      .map((pairs) => new Map(pairs)),
  }),
);

describe('frames', () => {
  it('are read as they were written, however the bytes are cut', () => {
    fc.assert(
      fc.property(fc.array(controlFrame, { maxLength: 8 }), fc.array(fc.nat(), { maxLength: 20 }), (frames, places) => {
        const bytes = Buffer.concat(frames.map(encodeControlFrame));
        expect(readAll(cut(bytes, places))).toEqual(frames);
      }),
    );
  });

  it('pass data on in pieces, its end with the last', () => {
    fc.assert(
      fc.property(block, fc.boolean(), fc.array(fc.nat(), { maxLength: 9 }), (payload, fin, places) => {
        // The frame behind shows where the data ended.
        const ping: Frame = { type: 'ping', id: 1 };
        const bytes = Buffer.concat([encodeDataFrame(5, payload, fin), encodeControlFrame(ping)]);
        expect(joined(readAll(cut(bytes, places)))).toEqual([{ type: 'data', id: 5, fin, payload }, ping]);
      }),
    );
  });

  it('have the bytes the protocol has', () => {
    expect(encodeControlFrame({ type: 'ping', id: 1 }).toString('hex')).toBe('800300060000000400000001');
    expect(encodeControlFrame({ type: 'rst-stream', id: 3, reason: 5 }).toString('hex')).toBe(
      '80030003000000080000000300000005',
    );
    expect(encodeDataFrame(1, Buffer.from('hi'), true).toString('hex')).toBe('00000001010000026869');
  });

  it('of unknown types are passed over', () => {
    expect(readAll([Buffer.from('8003000a00000002abcd', 'hex')])).toEqual([{ type: 'unknown' }]);
  });

  it.each([
    ['another version', '8002000600000004', 'SPDY version 2'],
    ['a body too short for its type', '80030003000000020000', 'type 3 with 2 bytes'],
    ['settings that are not as many as they say', '800300040000000400000001', '1 settings in 4 bytes'],
    ['a control frame beyond the limit', '8003000100ffffff', '16777215 bytes; the limit is 32768'],
  ])('refuse %s', (_what, hex, says) => {
    expect(() => readAll([Buffer.from(hex, 'hex')])).toThrow(says);
  });

  it('throw nothing but SpdyError, and no more data than came', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 200 }), { maxLength: 20 }), (chunks) => {
        const bytes = chunks.map((chunk) => Buffer.from(chunk));
        let data = 0;
        try {
          for (const frame of readAll(bytes)) if (frame.type === 'data') data += frame.payload.length;
        } catch (error) {
          expect(error).toBeInstanceOf(SpdyError);
        }
        expect(data).toBeLessThanOrEqual(Buffer.concat(bytes).length);
      }),
    );
  });
});
