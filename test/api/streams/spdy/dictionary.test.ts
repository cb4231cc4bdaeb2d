import { createDeflate } from 'node:zlib';
import { expect, it } from 'vitest';
import { DICTIONARY, DICTIONARY_ID } from '../../../../src/api/streams/spdy/dictionary.ts';

it('is the dictionary that zlib streams name 0xe3c6a7c2', async () => {
  expect(DICTIONARY.length).toBe(1423);
  const deflate = createDeflate({ dictionary: DICTIONARY });
  deflate.end('x');
  const [head] = await deflate.take(1).toArray();
  expect((head as Buffer).readUInt32BE(2)).toBe(DICTIONARY_ID);
});
