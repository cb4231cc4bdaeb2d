import { randomBytes } from 'node:crypto';
import { constants, createDeflate, createInflate } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DICTIONARY } from '../../../../src/api/streams/spdy/dictionary.ts';
import { decodeHeaderBlock, encodeHeaderBlock } from '../../../../src/api/streams/spdy/header-block.ts';
import { HeaderCompressor, HeaderDecompressor } from '../../../../src/api/streams/spdy/header-compression.ts';
import { SpdyError } from '../../../../src/api/streams/spdy/spdy-error.ts';

/** Blocks that look back far and near: repetitions, noise, and more than a window in all. */
const BLOCKS = [
  Buffer.from('streamtype: error'),
  Buffer.from('streamtype: stdin'),
  randomBytes(20_000),
  Buffer.from('streamtype: error '.repeat(2000)),
  Buffer.alloc(4),
  randomBytes(40_000),
  Buffer.from('streamtype: stdin'),
];

describe('header compression', () => {
  it('is one zlib stream to the other end', async () => {
    const inflate = createInflate({ dictionary: DICTIONARY });
    const compressor = new HeaderCompressor();
    for (const block of BLOCKS) inflate.write(compressor.compress(block));
    const all = Buffer.concat(BLOCKS);
    let read = Buffer.alloc(0);
    for await (const chunk of inflate) {
      read = Buffer.concat([read, chunk as Buffer]);
      if (read.length >= all.length) break;
    }
    expect(read.equals(all)).toBe(true);
  });

  it.each([
    ['with the dictionary', { dictionary: DICTIONARY }],
    ['without one', {}],
  ])('reads one zlib stream %s', async (_how, options) => {
    const deflate = createDeflate({ ...options, flush: constants.Z_SYNC_FLUSH });
    const decompressor = new HeaderDecompressor();
    for (const block of BLOCKS) {
      const chunks: Buffer[] = [];
      const collect = (chunk: Buffer) => chunks.push(chunk);
      deflate.on('data', collect);
      await new Promise<void>((resolve) => deflate.write(block, () => resolve()));
      deflate.off('data', collect);
      expect(decompressor.decompress(Buffer.concat(chunks)).equals(block)).toBe(true);
    }
    deflate.destroy();
  });

  it('stops at 64 KiB', () => {
    const bomb = new HeaderCompressor().compress(Buffer.alloc(10_000_000));
    expect(bomb.length).toBeLessThan(16_384);
    expect(() => new HeaderDecompressor().decompress(bomb)).toThrow(SpdyError);
  });

  it.each([
    ['nothing', '', 'without a zlib header'],
    ['no zlib header', '00112233', 'without a zlib header'],
    ['another dictionary', '78bb0000000100', 'another dictionary'],
    ['broken data', '78bbe3c6a7c2ffffff', 'cannot be decompressed'],
  ])('refuses %s', (_what, hex, says) => {
    expect(() => new HeaderDecompressor().decompress(Buffer.from(hex, 'hex'))).toThrow(says);
  });

  it('gives at most 64 KiB and throws nothing but SpdyError, whatever comes', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 100 }), { maxLength: 4 }), (blocks) => {
        const decompressor = new HeaderDecompressor();
        const [first = Buffer.alloc(0), ...rest] = blocks;
        try {
          decompressor.decompress(Buffer.from([0x78, 0xbb, 0xe3, 0xc6, 0xa7, 0xc2, ...first]));
          for (const block of rest) {
            const read = decompressor.decompress(Buffer.from(block));
            expect(read.length).toBeLessThanOrEqual(65_536);
          }
        } catch (error) {
          expect(error).toBeInstanceOf(SpdyError);
        }
      }),
    );
  });
});

describe('header blocks', () => {
  it('are read as they were written, names in lower case', () => {
    const headers = new Map([
      ['streamType', 'error'],
      ['port', '8080'],
      ['empty', ''],
      ['several', 'a\0b'],
    ]);
    expect([...decodeHeaderBlock(encodeHeaderBlock(headers))]).toEqual([
      ['streamtype', 'error'],
      ['port', '8080'],
      ['empty', ''],
      ['several', 'a\0b'],
    ]);
  });

  it.each([
    ['ends too early', '00000001'],
    ['holds a header longer than itself', '00000001000000ff61'],
    ['has more headers than anyone needs', '0000ffff'],
    ['has a header without a name', '000000010000000000000000'],
    ['has a header twice', '0000000200000001610000000000000001610000000162'],
  ])('is refused when it %s', (_what, hex) => {
    expect(() => decodeHeaderBlock(Buffer.from(hex, 'hex'))).toThrow(SpdyError);
  });

  it('throws nothing but SpdyError', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        try {
          decodeHeaderBlock(Buffer.from([0, 0, 0, 2, ...bytes]));
        } catch (error) {
          expect(error).toBeInstanceOf(SpdyError);
        }
      }),
    );
  });
});
