import { describe, expect, it } from 'vitest';
import { channelPair } from '../../../src/node/standins/channel-pair.ts';
import { runPodsProcess } from '../../../src/node/standins/pods-process.ts';
import type { StandInSpec } from '../../../src/node/standins/protocol.ts';
import { StandInClient } from '../../../src/node/standins/stand-in-client.ts';

const spec = (containerId: string, kind: string): StandInSpec => ({
  containerId,
  kind,
  netns: '',
  pod: { namespace: 'default', name: 'web', uid: 'u', node: 'node-1', ips: ['10.244.1.2'], hostname: 'web' },
  container: 'main',
  image: kind,
  args: [],
  env: {},
  ports: [],
  files: {},
  mounts: [],
});

/** A client whose stand-ins need no sockets, and what it was told about each. */
function setUp() {
  const sockets = { listen: refuse, bindUdp: refuse, connect: refuse };
  const server = runPodsProcess({
    kernelSockets: sockets,
    extraStandIns: {
      talker: async (context) => {
        context.log('hello');
        const { output } = await context.exec(['date']);
        context.log(output);
        return { close: async () => context.log('bye') };
      },
      leaver: async (context) => {
        setImmediate(() => context.exit(7));
        return { close: async () => undefined };
      },
    },
  });
  const client = new StandInClient();
  const connect = () => {
    const [daemon, process] = channelPair();
    server.serve(process);
    return { daemon, known: client.connect(daemon) };
  };
  const start = (id: string, kind: string) => {
    const told: string[] = [];
    const ended = new Promise<number>((resolve) => {
      client.start(spec(id, kind), {
        started: () => told.push('started'),
        exited: (code, error) => {
          told.push(`exited ${code}${error === undefined ? '' : `: ${error}`}`);
          resolve(code);
        },
        exec: async (command) => ({ exitCode: 0, output: `ran ${command.join(' ')}` }),
      });
    });
    return { told, ended };
  };
  const logs = async (id: string) => {
    const texts: string[] = [];
    for await (const lines of client.logs(id, { follow: false, signal: new AbortController().signal })) {
      texts.push(...lines.map(({ text }) => text));
    }
    return texts;
  };
  return { server, client, connect, start, logs };
}

function refuse(): never {
  throw new Error('no sockets here');
}

describe('the daemon and the pods process', () => {
  it('start, log, exec, stop', async () => {
    const { client, connect, start, logs } = setUp();
    connect();
    const talker = start('a', 'talker');
    await expect.poll(() => talker.told).toEqual(['started']);
    expect(await logs('a')).toEqual(['hello', 'ran date']);
    client.stop('a', 0);
    expect(await talker.ended).toBe(0);
    expect(await logs('a')).toEqual(['hello', 'ran date', 'bye']);
    client.forget('a');
    await expect.poll(() => logs('a')).toEqual([]);
  });

  it('ends by itself, or cannot start', async () => {
    const { connect, start, logs } = setUp();
    connect();
    expect(await start('a', 'leaver').ended).toBe(7);
    const unknown = start('b', 'nonsense');
    await unknown.ended;
    expect(unknown.told).toEqual(['exited 1: no stand-in of the name nonsense']);
    const refused = start('c', 'web');
    expect(await refused.ended).toBe(1);
    expect(await logs('c')).toEqual(['no sockets here']);
  });

  it('waits for a channel, and takes the loss of it for the end of all', async () => {
    const { connect, start } = setUp();
    const early = start('a', 'pause');
    const { daemon } = connect();
    await expect.poll(() => early.told).toEqual(['started']);
    daemon.close();
    expect(await early.ended).toBe(137);
  });

  it('a new channel tells what runs: that may be adopted, the rest has ended', async () => {
    const { client, connect, start } = setUp();
    connect();
    const first = start('a', 'pause');
    await expect.poll(() => first.told).toEqual(['started']);
    const later = new StandInClient();
    const [daemon, process] = channelPair();
    const other = runPodsProcess({
      kernelSockets: { listen: refuse, bindUdp: refuse, connect: refuse },
      channel: process,
    });
    await client.connect(daemon);
    expect(await first.ended).toBe(137);
    const [again, back] = channelPair();
    other.serve(back);
    await later.connect(again);
    expect(later.knows('a')).toBe(false);
  });

  it('a later daemon takes over what runs, learns how the rest ended, and ends what it does not want', async () => {
    const { server, connect, start } = setUp();
    connect();
    const kept = start('kept', 'pause');
    const unwanted = start('unwanted', 'pause');
    await expect.poll(() => [...kept.told, ...unwanted.told]).toEqual(['started', 'started']);
    const left = start('left', 'leaver');
    expect(await left.ended).toBe(7);

    const later = new StandInClient();
    const [daemon, process] = channelPair();
    server.serve(process);
    await later.connect(daemon);
    expect(['kept', 'unwanted', 'left', 'other'].map((id) => later.knows(id))).toEqual([true, true, true, false]);
    expect(later.running).toEqual(['kept', 'unwanted']);
    await later.endLeft(['unwanted']);
    const adopt = (id: string) =>
      new Promise<number>((resolve) => {
        const exec = async () => ({ exitCode: 0, output: '' });
        later.adopt(id, { started: () => undefined, exited: resolve, exec });
      });
    expect(await adopt('left')).toBe(7);
    const ended = adopt('kept');
    later.stop('kept', 0);
    expect(await ended).toBe(0);
    expect(later.knows('unwanted')).toBe(false);
  });
});
