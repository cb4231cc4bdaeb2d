import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { scratch } from '../scratch.ts';
import { type KubectlServer, POD, startKubectlServer, words } from './kubectl-fixture.ts';
import { runPod } from './run-pod.ts';
import { shellKubelet } from './shell-kubelet.ts';
import { STREAM_CLIENTS } from './stream-clients.ts';

const MIB = 1024 * 1024;
const { kernel } = scratch();
/** The oldest over SPDY, the newest over WebSocket: the two extremes. */
const EXTREMES = [STREAM_CLIENTS.findLast(({ protocol }) => protocol === 'WebSocket'), STREAM_CLIENTS[0]].filter(
  (client) => client !== undefined,
);
let server: KubectlServer;
let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'streams-'));
  server = await startKubectlServer(shellKubelet(kernel));
  await server.kubectl('apply -f -', POD);
  await runPod(server.transport, 'web');
});
afterAll(() => {
  server.close();
  rmSync(folder, { recursive: true });
});

describe.each(STREAM_CLIENTS)('kubectl $version over $protocol', ({ program, env }) => {
  it('copies a large file there and back', async () => {
    Object.assign(server.env, env);
    const [here, there, back] = ['here', 'there', 'back'].map((name) => join(folder, name)) as [string, string, string];
    const content = randomBytes(20 * MIB);
    writeFileSync(here, content);
    expect(await server.kubectl(`cp ${here} web:${there}`, '', program)).toMatchObject({ code: 0 });
    expect(readFileSync(there).equals(content)).toBe(true);
    expect(await server.kubectl(`cp web:${there} ${back}`, '', program)).toMatchObject({ code: 0 });
    expect(readFileSync(back).equals(content)).toBe(true);
  });
});

describe.each(EXTREMES)('kubectl $version over $protocol', ({ program, env }) => {
  beforeAll(() => {
    Object.assign(server.env, env);
  });

  it('runs fifteen commands at once', async () => {
    const results = await Promise.all(
      Array.from({ length: 15 }, (_, index) =>
        server.kubectl(`exec -i web -- sh -c 'cat; echo ${index} >&2; exit ${index}'`, `to ${index}`, program),
      ),
    );
    expect(results.map(({ code, out }) => [code, out])).toEqual(results.map((_, index) => [index, `to ${index}`]));
  });

  it('holds a program back whose output nobody reads, serves others meanwhile, and loses nothing', async () => {
    const argv = words(`${program} exec web -- head -c ${150 * MIB} /dev/zero`) as [string, ...string[]];
    const before = process.memoryUsage().rss;
    const child = kernel.spawn('', argv, { env: server.env });
    // Three others: time enough for what is not held back to come in.
    for (let count = 0; count < 3; count++) {
      expect((await server.kubectl('exec web -- echo here', '', program)).out).toBe('here\n');
    }
    expect(process.memoryUsage().rss - before).toBeLessThan(60 * MIB);
    let length = 0;
    for await (const chunk of child.stdout!) length += (chunk as Buffer).length;
    expect([length, (await child.exited).code]).toEqual([150 * MIB, 0]);
  });

  it('holds a client back whose input nobody reads', async () => {
    const argv = words(`${program} exec -i web -- sh -c 'sleep 1; wc -c'`) as [string, ...string[]];
    const before = process.memoryUsage().rss;
    const child = kernel.spawn('', ['sh', '-c', `head -c ${100 * MIB} /dev/zero | "$0" "$@"`, ...argv], {
      env: server.env,
    });
    let out = '';
    for await (const chunk of child.stdout!) {
      if (out === '') expect(process.memoryUsage().rss - before).toBeLessThan(60 * MIB);
      out += chunk;
    }
    expect(Number(out)).toBe(100 * MIB);
  });
});
