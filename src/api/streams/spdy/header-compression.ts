/**
 * Compression of header blocks. All blocks of one direction are one zlib stream, flushed after each block to a whole
 * byte. So a block can be worked on alone, given the 32 KiB before it: no stream is held, and output is limited.
 */
import { constants, deflateRawSync, inflateRawSync } from 'node:zlib';
import { DICTIONARY, DICTIONARY_ID } from './dictionary.ts';
import { SpdyError } from './spdy-error.ts';

const WINDOW_BYTES = 32 * 1024;
const BLOCK_LIMIT_BYTES = 64 * 1024;
/** RFC 1950: method and window; level, preset dictionary and check bits; then the dictionary's name. */
const ZLIB_HEADER_LENGTH = 2;
const PRESET_DICTIONARY = 0x20;
const ZLIB_HEADER = Buffer.from([0x78, 0xbb, ...uint32(DICTIONARY_ID)]);
const FLUSH = { finishFlush: constants.Z_SYNC_FLUSH } as const;

export class HeaderCompressor {
  #window: Buffer = DICTIONARY;
  #first = true;

  compress(block: Buffer): Buffer {
    const compressed = deflateRawSync(block, { ...FLUSH, dictionary: this.#window });
    this.#window = slide(this.#window, block);
    if (!this.#first) return compressed;
    this.#first = false;
    return Buffer.concat([ZLIB_HEADER, compressed]);
  }
}

export class HeaderDecompressor {
  #window: Buffer = DICTIONARY;
  #first = true;

  /** Throws SpdyError for broken data and for blocks above 64 KiB; nothing later can be read then. */
  decompress(compressed: Buffer): Buffer {
    const body = this.#first ? afterZlibHeader(compressed) : compressed;
    this.#first = false;
    try {
      const options = { ...FLUSH, dictionary: this.#window, maxOutputLength: BLOCK_LIMIT_BYTES };
      const block = inflateRawSync(body, options);
      this.#window = slide(this.#window, block);
      return block;
    } catch (error) {
      throw new SpdyError(`a header block that cannot be decompressed: ${(error as Error).message}`);
    }
  }
}

function afterZlibHeader(bytes: Buffer): Buffer {
  const sound = bytes.length > ZLIB_HEADER_LENGTH && (bytes[0]! & 15) === 8 && bytes.readUInt16BE(0) % 31 === 0;
  if (!sound) throw new SpdyError('a first header block without a zlib header');
  if ((bytes[1]! & PRESET_DICTIONARY) === 0) return bytes.subarray(ZLIB_HEADER_LENGTH);
  const end = ZLIB_HEADER_LENGTH + 4;
  if (bytes.length < end || bytes.readUInt32BE(ZLIB_HEADER_LENGTH) !== DICTIONARY_ID) {
    throw new SpdyError('headers compressed with another dictionary');
  }
  return bytes.subarray(end);
}

/** The last 32 KiB of what went before. */
function slide(window: Buffer, block: Buffer): Buffer {
  const all = Buffer.concat([window, block]);
  return all.length <= WINDOW_BYTES ? all : Buffer.from(all.subarray(all.length - WINDOW_BYTES));
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}
