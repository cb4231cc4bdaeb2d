import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { withholdComplaints } from '../../../src/node/runtime/tool-complaints.ts';

/** What is passed on, and how the program ended, when the standard error comes in these pieces. */
async function pass(chunks: readonly string[], code: number): Promise<unknown[]> {
  const source = new PassThrough();
  const { stream, exit } = withholdComplaints(source, Promise.resolve(code), 'web');
  const passed = text(stream);
  for (const chunk of chunks) {
    source.write(chunk);
    await new Promise((resolve) => setImmediate(resolve));
  }
  source.end();
  return [await passed, await exit];
}

const KILLED = 'unshare: sigprocmask unblock failed: Invalid argument\n';

describe('what the tools of a container say on its standard error', () => {
  it.each<[string, string[], number, string, object]>([
    ['passes what the program says', ['one\n', 'two'], 3, 'one\ntwo', { code: 3 }],
    ['withholds that it was killed', [`last words\n${KILLED}`], 1, 'last words\n', { code: 137 }],
    [
      'in pieces, as unshare writes it',
      ['unshare: ', 'sigprocmask unblock failed', ': Invalid argument\n'],
      1,
      '',
      { code: 137 },
    ],
    ['but not what only begins like it', ['unshare: ', 'no such thing\n'], 1, 'unshare: no such thing\n', { code: 1 }],
    ['nor a beginning that is all there is', ['unshare: '], 1, 'unshare: ', { code: 1 }],
    [
      'turns what env says into the words of the runtime',
      ["env: 'web': Permission denied\n"],
      126,
      '',
      { code: 126, error: 'exec: "web": permission denied' },
    ],
  ])('%s', async (_, chunks, code, passed, ended) => {
    expect(await pass(chunks, code)).toEqual([passed, ended]);
  });

  it('passes bytes that are no text unchanged', async () => {
    const source = new PassThrough();
    const { stream } = withholdComplaints(source, Promise.resolve(0), 'web');
    const bytes = Buffer.from([0xff, 0x00, ...Buffer.from('unshare: '), 0xc3, 0x28]);
    source.end(bytes);
    expect(Buffer.concat(await stream.toArray())).toEqual(bytes);
  });
});
