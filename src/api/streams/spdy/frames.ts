/**
 * SPDY/3.1 frames as bytes. Every frame begins with eight: a control frame with version and type, a data frame with its stream;
 * then flags (8 bits) and length (24 bits). Header blocks stay compressed here.
 */
import { SpdyError } from './spdy-error.ts';

export const FRAME_HEADER_LENGTH = 8;

/** Reasons of a RST_STREAM frame. */
export const RESET = { protocolError: 1, invalidStream: 2, refusedStream: 3, cancel: 5 } as const;
export type ResetReason = (typeof RESET)[keyof typeof RESET];

/** Reasons of a GOAWAY frame. */
export const GOAWAY = { ok: 0, protocolError: 1 } as const;

/** The setting that names the window every new stream begins with. */
export const INITIAL_WINDOW_SIZE = 7;

export type ControlFrame =
  | {
      readonly type: 'syn-stream';
      readonly id: number;
      readonly fin: boolean;
      readonly oneWay: boolean;
      readonly block: Buffer;
    }
  | { readonly type: 'syn-reply' | 'headers'; readonly id: number; readonly fin: boolean; readonly block: Buffer }
  | { readonly type: 'rst-stream'; readonly id: number; readonly reason: number }
  | { readonly type: 'settings'; readonly values: ReadonlyMap<number, number> }
  | { readonly type: 'ping'; readonly id: number }
  | { readonly type: 'goaway'; readonly lastStream: number; readonly reason: number }
  | { readonly type: 'window-update'; readonly id: number; readonly delta: number }
  /** To be passed over, as the protocol wants it. */
  | { readonly type: 'unknown' };

/** A data frame, or a piece of one: `fin` comes with the last. */
export interface DataFrame {
  readonly type: 'data';
  readonly id: number;
  readonly fin: boolean;
  readonly payload: Buffer;
}

export type Frame = ControlFrame | DataFrame;

export type FrameHeader =
  | { readonly control: true; readonly type: number; readonly flags: number; readonly length: number }
  | { readonly control: false; readonly id: number; readonly flags: number; readonly length: number };

const VERSION = 3;
const CONTROL_BIT = 0x80000000;
const ID_MASK = 0x7fffffff;
const FLAG = { fin: 1, oneWay: 2 } as const;
const TYPE = {
  ...{ synStream: 1, synReply: 2, rstStream: 3, settings: 4 },
  ...{ ping: 6, goaway: 7, headers: 8, windowUpdate: 9 },
} as const;
/** Bytes of a control frame's body before its header block, or the whole of it. */
const LEAST_LENGTH: Partial<Record<number, number>> = {
  ...{ [TYPE.synStream]: 10, [TYPE.synReply]: 4, [TYPE.rstStream]: 8, [TYPE.settings]: 4 },
  ...{ [TYPE.ping]: 4, [TYPE.goaway]: 8, [TYPE.headers]: 4, [TYPE.windowUpdate]: 8 },
};

export function hasFin({ flags }: FrameHeader): boolean {
  return (flags & FLAG.fin) !== 0;
}

/** Reads the eight bytes every frame begins with. Throws SpdyError for another version. */
export function decodeFrameHeader(bytes: Buffer): FrameHeader {
  const first = bytes.readUInt32BE(0);
  const flags = bytes.readUInt8(4);
  const length = bytes.readUIntBE(5, 3);
  if ((first & CONTROL_BIT) === 0) return { control: false, id: first, flags, length };
  const version = (first >>> 16) & 0x7fff;
  if (version !== VERSION) throw new SpdyError(`a frame of SPDY version ${version}`);
  return { control: true, type: first & 0xffff, flags, length };
}

/** Reads a control frame's body. Throws SpdyError when it is too short for its type. */
export function decodeControlFrame(header: FrameHeader & { readonly control: true }, body: Buffer): ControlFrame {
  const { type, flags } = header;
  const least = LEAST_LENGTH[type];
  if (least === undefined) return { type: 'unknown' };
  if (body.length < least) throw new SpdyError(`a frame of type ${type} with ${body.length} bytes`);
  const word = (offset: number) => body.readUInt32BE(offset);
  const id = word(0) & ID_MASK;
  const fin = hasFin(header);
  switch (type) {
    case TYPE.synStream:
      return { type: 'syn-stream', id, fin, oneWay: (flags & FLAG.oneWay) !== 0, block: body.subarray(10) };
    case TYPE.synReply:
      return { type: 'syn-reply', id, fin, block: body.subarray(4) };
    case TYPE.headers:
      return { type: 'headers', id, fin, block: body.subarray(4) };
    case TYPE.rstStream:
      return { type: 'rst-stream', id, reason: word(4) };
    case TYPE.settings:
      return { type: 'settings', values: decodeSettings(body) };
    case TYPE.ping:
      return { type: 'ping', id: word(0) };
    case TYPE.goaway:
      return { type: 'goaway', lastStream: id, reason: word(4) };
    default:
      return { type: 'window-update', id, delta: word(4) & ID_MASK };
  }
}

/** Pairs of flags with id (8 and 24 bits) and value, behind their number. */
function decodeSettings(body: Buffer): Map<number, number> {
  const count = body.readUInt32BE(0);
  if (body.length !== 4 + 8 * count) throw new SpdyError(`${count} settings in ${body.length} bytes`);
  const values = new Map<number, number>();
  for (let at = 4; at < body.length; at += 8) values.set(body.readUIntBE(at + 1, 3), body.readUInt32BE(at + 4));
  return values;
}

/** A control frame's bytes. */
export function encodeControlFrame(frame: Exclude<ControlFrame, { type: 'unknown' }>): Buffer {
  switch (frame.type) {
    case 'syn-stream': {
      const flags = (frame.fin ? FLAG.fin : 0) | (frame.oneWay ? FLAG.oneWay : 0);
      // Associated stream, priority and credential slot: none.
      return control(TYPE.synStream, flags, words(frame.id, 0), Buffer.alloc(2), frame.block);
    }
    case 'syn-reply':
    case 'headers': {
      const type = frame.type === 'headers' ? TYPE.headers : TYPE.synReply;
      return control(type, frame.fin ? FLAG.fin : 0, words(frame.id), frame.block);
    }
    case 'rst-stream':
      return control(TYPE.rstStream, 0, words(frame.id, frame.reason));
    case 'settings':
      return control(TYPE.settings, 0, words(frame.values.size, ...[...frame.values].flat()));
    case 'ping':
      return control(TYPE.ping, 0, words(frame.id));
    case 'goaway':
      return control(TYPE.goaway, 0, words(frame.lastStream, frame.reason));
    case 'window-update':
      return control(TYPE.windowUpdate, 0, words(frame.id, frame.delta));
  }
}

/** A data frame's bytes; the payload is at most 16 MiB - 1. */
export function encodeDataFrame(id: number, payload: Uint8Array, fin: boolean): Buffer {
  const frame = Buffer.allocUnsafe(FRAME_HEADER_LENGTH + payload.length);
  frame.writeUInt32BE(id, 0);
  frame.writeUInt8(fin ? FLAG.fin : 0, 4);
  frame.writeUIntBE(payload.length, 5, 3);
  frame.set(payload, FRAME_HEADER_LENGTH);
  return frame;
}

function control(type: number, flags: number, ...parts: Buffer[]): Buffer {
  const body = Buffer.concat(parts);
  const header = Buffer.alloc(FRAME_HEADER_LENGTH);
  header.writeUInt16BE(0x8000 | VERSION, 0);
  header.writeUInt16BE(type, 2);
  header.writeUInt8(flags, 4);
  header.writeUIntBE(body.length, 5, 3);
  return Buffer.concat([header, body]);
}

function words(...values: number[]): Buffer {
  const bytes = Buffer.alloc(4 * values.length);
  for (const [index, value] of values.entries()) bytes.writeUInt32BE(value >>> 0, 4 * index);
  return bytes;
}
