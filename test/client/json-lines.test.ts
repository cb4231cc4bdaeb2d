import { describe, expect, it } from 'vitest';
import { jsonLines } from '../../src/client/json-lines.ts';

async function* chunks(...texts: string[]): AsyncGenerator<Buffer> {
  for (const text of texts) yield Buffer.from(text);
}

async function collect(values: AsyncIterable<unknown>): Promise<unknown[]> {
  const all = [];
  for await (const value of values) all.push(value);
  return all;
}

describe('jsonLines', () => {
  it.each([
    ['one a chunk', ['{"a":1}\n', '{"a":2}\n'], [{ a: 1 }, { a: 2 }]],
    ['several in a chunk', ['{"a":1}\n{"a":2}\n{"a"', ':3}\n'], [{ a: 1 }, { a: 2 }, { a: 3 }]],
    ['blank lines', ['\n\r\n1\n'], [1]],
    ['a cut last line', ['1\n{"a":'], [1]],
    ['nothing', [], []],
  ])('reads %s', async (_, texts, values) => {
    expect(await collect(jsonLines(chunks(...texts)))).toEqual(values);
  });

  it('keeps characters whole that are cut between chunks', async () => {
    const bytes = Buffer.from('"服务"\n');
    async function* cut(): AsyncGenerator<Buffer> {
      for (const byte of bytes) yield Buffer.from([byte]);
    }
    expect(await collect(jsonLines(cut()))).toEqual(['服务']);
  });

  it('refuses a line without end', async () => {
    await expect(collect(jsonLines(chunks('aaaa', 'bbbb'), 6))).rejects.toThrow(/longer than 6 bytes/);
  });

  it('refuses what is no JSON', async () => {
    await expect(collect(jsonLines(chunks('<html>\n')))).rejects.toThrow(SyntaxError);
  });
});
