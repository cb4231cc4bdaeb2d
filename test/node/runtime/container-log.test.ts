import { describe, expect, it } from 'vitest';
import { lineText, logStream, selectedLines } from '../../../src/node/log-selection.ts';
import { ContainerLog } from '../../../src/node/runtime/container-log.ts';

const never = new AbortController().signal;

async function textsOf(log: ContainerLog): Promise<string[]> {
  const texts: string[] = [];
  for await (const lines of log.read({ follow: false, signal: never })) texts.push(...lines.map(({ text }) => text));
  return texts;
}

describe('ContainerLog', () => {
  it('joins chunks into lines, also within a character, and keeps an unfinished one', async () => {
    const log = new ContainerLog();
    const bytes = Buffer.from('grüße\nzwei\n');
    log.write('stdout', bytes.subarray(0, 3));
    log.write('stderr', Buffer.from('between\n'));
    log.write('stdout', bytes.subarray(3));
    log.write('stdout', Buffer.from('three'));
    expect(await textsOf(log)).toEqual(['between', 'grüße', 'zwei']);
    log.end();
    expect(await textsOf(log)).toEqual(['between', 'grüße', 'zwei', 'three']);
  });

  it('keeps the newest mebibyte, in pieces of 16 KiB', async () => {
    const log = new ContainerLog();
    log.write('stdout', Buffer.from('x'.repeat(20_000)));
    for (let index = 0; index < 30_000; index += 1) log.line('stdout', `${index} ${'y'.repeat(50)}`);
    const texts = await textsOf(log);
    expect(texts.at(-1)).toMatch(/^29999 /);
    expect(texts.join('\n').length).toBeLessThanOrEqual(1 << 20);
    expect(texts.join('\n').length).toBeGreaterThan(1 << 19);
  });

  it('is followed to its end, or until the reader leaves', async () => {
    const log = new ContainerLog();
    log.line('stdout', 'first');
    const abort = new AbortController();
    const seen: string[] = [];
    const read = async (signal: AbortSignal, into: string[]) => {
      for await (const lines of log.read({ follow: true, signal })) into.push(...lines.map(({ text }) => text));
    };
    const left: string[] = [];
    const [reading, leaving] = [read(never, seen), read(abort.signal, left)];
    abort.abort();
    await leaving;
    log.line('stderr', 'second');
    log.end();
    await reading;
    expect(seen).toEqual(['first', 'second']);
    expect(left.length).toBeLessThan(2);
  });

  it('keeps nothing for a follower that does not read', async () => {
    const log = new ContainerLog(1_000);
    log.line('stdout', 'first');
    const following = log.read({ follow: true, signal: never });
    expect((await following.next()).value).toMatchObject([{ text: 'first' }]);
    for (let index = 0; index < 10_000; index += 1) log.line('stdout', `line ${index}`);
    const lines = (await following.next()).value as { text: string }[];
    expect(lines.length).toBeLessThan(200);
    expect(lines.at(-1)?.text).toBe('line 9999');
    log.line('stdout', 'last');
    log.end();
    expect((await following.next()).value).toMatchObject([{ text: 'last' }]);
    expect((await following.next()).done).toBe(true);
  });
});

describe('the selection of a log', () => {
  const line = (second: number) => ({
    time: `2026-01-01T00:00:0${second}.000000000Z`,
    stream: 'stdout' as const,
    text: `line ${second}`,
  });
  const lines = [1, 2, 3, 4].map(line);
  const now = Date.parse('2026-01-01T00:00:05Z');

  it.each([
    [{}, [1, 2, 3, 4]],
    [{ tailLines: 2 }, [3, 4]],
    [{ tailLines: 0 }, []],
    [{ sinceSeconds: 3 }, [2, 3, 4]],
    [{ sinceSeconds: 3, tailLines: 1 }, [4]],
  ])('%j', (selection, expected) => {
    expect(selectedLines(lines, { timestamps: false, ...selection }, now)).toEqual(expected.map(line));
  });

  it('is cut at limitBytes, with timestamps where asked', async () => {
    expect(lineText(line(1), true)).toBe('2026-01-01T00:00:01.000000000Z line 1\n');
    const batches = async function* () {
      yield lines;
    };
    let text = '';
    for await (const chunk of logStream(batches(), { timestamps: false, limitBytes: 10 }, new AbortController()))
      text += String(chunk);
    expect(text).toBe('line 1\nlin');
  });
});
