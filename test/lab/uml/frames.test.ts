import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeFrame, FRAME_LIMIT_BYTES, FrameReader } from '../../../src/lab/uml/frames.ts';

const frame = fc.record({
  kind: fc.nat(255),
  id: fc.nat(0xffffffff),
  payload: fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)),
});

describe('frames', () => {
  it('are the same however their bytes are cut', () => {
    fc.assert(
      fc.property(
        fc.array(frame, { maxLength: 12 }),
        fc.infiniteStream(fc.integer({ min: 1, max: 30 })),
        (frames, cuts) => {
          const bytes = Buffer.concat(frames.map(({ kind, id, payload }) => encodeFrame(kind, id, payload)));
          const reader = new FrameReader();
          const read = [];
          for (let at = 0; at < bytes.length; ) {
            const [length = 1] = [...cuts.take(1)];
            read.push(...reader.read(bytes.subarray(at, at + length)));
            at += length;
          }
          expect(read).toEqual(frames);
        },
      ),
    );
  });

  it('hold a payload of 65,535 bytes and no longer one', () => {
    const [read] = new FrameReader().read(encodeFrame(1, 2, Buffer.alloc(FRAME_LIMIT_BYTES, 'x')));
    expect(read?.payload).toHaveLength(FRAME_LIMIT_BYTES);
    expect(() => encodeFrame(1, 2, Buffer.alloc(FRAME_LIMIT_BYTES + 1))).toThrow('a frame of 65536 bytes');
  });

  it('are seven bytes and the payload', () => {
    expect(encodeFrame(3, 0x01020304, 'ab').toString('hex')).toBe('03010203040002' + '6162');
  });
});
