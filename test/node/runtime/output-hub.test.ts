import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { OutputHub } from '../../../src/node/runtime/output-hub.ts';

/** A hub whose container has said `early` and goes on. */
async function hubThatSaid(early: string, options?: { forFirst: boolean }) {
  const hub = new OutputHub(options);
  const output = new PassThrough();
  hub.add('stdout', output);
  output.write(early);
  await new Promise((resolve) => setImmediate(resolve));
  return { hub, output };
}

describe('sessions attached to a container', () => {
  it('hear what is said from then on', async () => {
    const { hub, output } = await hubThatSaid('early\n');
    const session = hub.attach();
    output.end('late\n');
    expect(await text(session.stdout)).toBe('late\n');
  });

  it('the first hears all where the container waits for one, the second what is said from then on', async () => {
    const { hub, output } = await hubThatSaid('early\n', { forFirst: true });
    const [first, second] = [hub.attach(), hub.attach()];
    output.end('late\n');
    expect(await text(first.stdout)).toBe('early\nlate\n');
    expect(await text(second.stdout)).toBe('late\n');
  });

  it('also when the container has ended meanwhile', async () => {
    const { hub, output } = await hubThatSaid('all\n', { forFirst: true });
    output.end();
    await hub.ended;
    const session = hub.attach();
    expect(await text(session.stdout)).toBe('all\n');
    expect(await text(session.stderr)).toBe('');
  });

  it('hold the container up while they do not read, until they leave or it has ended', async () => {
    const { hub, output } = await hubThatSaid('early\n');
    /** Writes until the pipe has been full for a while; gives how often it wrote. */
    const flood = async () => {
      let written = 0;
      for (let turns = 0; written < 64 && turns < 20; turns += 1) {
        await new Promise((resolve) => setImmediate(resolve));
        if (output.writableNeedDrain) continue;
        output.write(Buffer.alloc(1 << 16, 'x'));
        written += 1;
        turns = 0;
      }
      return written;
    };
    const [reading, stalled] = [hub.attach(), hub.attach()];
    reading.stdout.resume();
    expect(await flood()).toBeLessThan(16);
    stalled.detach();
    expect(await flood()).toBe(64);
    const late = hub.attach();
    expect(await flood()).toBeLessThan(16);
    hub.release();
    output.end('last\n');
    await hub.ended;
    expect(await text(late.stdout)).toMatch(/^x+last\n$/);
  });
});
