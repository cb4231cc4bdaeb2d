/** Clients that mean no good, or are broken: each is refused with a Status, and the others are served meanwhile. */
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type AttackedServer,
  answerOf,
  exchange,
  head,
  SHORT_DEADLINES,
  startAttackedServer,
  TOKEN,
} from './attacked-server.ts';

const CONFIG_MAPS = '/api/v1/namespaces/default/configmaps';
const MEBIBYTE = 1024 * 1024;
const JSON_PATCH = { 'content-type': 'application/json-patch+json' };
const MERGE_PATCH = { 'content-type': 'application/merge-patch+json' };
const STRATEGIC = { 'content-type': 'application/strategic-merge-patch+json' };
const APPLY = { 'content-type': 'application/apply-patch+yaml' };
const YAML = { 'content-type': 'application/yaml' };

let server: AttackedServer;
beforeAll(async () => {
  server = await startAttackedServer();
});
afterAll(() => server.close());

function configMap(name: string, rest: object = {}): string {
  return JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, ...rest });
}

describe('who is let in', () => {
  const PATHS = ['/api/v1/namespaces', '/apis', '/openapi/v2', '/', '/nowhere', '/api/v1/namespaces/default?watch=1'];

  it.each(PATHS)('nobody without a token: %s', async (path) => {
    const { code, status } = await server.raw(`GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`);
    expect({ code, ...status }).toMatchObject({ code: 401, kind: 'Status', reason: 'Unauthorized' });
  });

  it.each([
    'Bearer',
    'Bearer ',
    `Bearer ${TOKEN}x`,
    `Bearer ${TOKEN.slice(1)}`,
    `Bearer ${TOKEN} ${TOKEN}`,
    `Basic ${Buffer.from(`admin:${TOKEN}`).toString('base64')}`,
    TOKEN,
    `Bearer ${'x'.repeat(10_000)}`,
  ])('nobody with %j', async (authorization) => {
    const { code } = await server.call('GET', '/api/v1/namespaces', undefined, { authorization });
    expect(code).toBe(401);
  });

  it('a token in the query or in a second header is none', async () => {
    const query = `/api/v1/namespaces?token=${TOKEN}&access_token=${TOKEN}`;
    expect((await server.call('GET', query, undefined, { authorization: '' })).code).toBe(401);
    const twice = 'GET /api HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer no\r\n';
    const { code } = await server.raw(`${twice}Authorization: Bearer ${TOKEN}\r\nConnection: close\r\n\r\n`);
    expect(code).toBe(401);
  });

  it('no upgrade without a token', async () => {
    const lines = ['GET /api/v1/namespaces/default/pods/a/exec?command=sh HTTP/1.1', 'Host: localhost'];
    const upgrade = ['Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Version: 13'];
    const { code } = await server.raw(
      [...lines, ...upgrade, 'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==', '', ''].join('\r\n'),
    );
    expect(code).toBe(401);
  });

  it.each([
    { host: 'evil.example' },
    { host: '127.0.0.1.evil.example:6443' },
    { origin: 'https://evil.example' },
    { origin: 'null' },
    { 'sec-fetch-site': 'cross-site' },
  ])('no web page, not even with the token: %j', async (headers) => {
    for (const path of ['/api/v1/namespaces', '/version', '/healthz']) {
      const { code, status } = await server.call('GET', path, undefined, headers as unknown as Record<string, string>);
      expect({ code, ...status }).toMatchObject({ code: 403, kind: 'Status', reason: 'Forbidden' });
    }
  });

  it('no preflight is answered, no origin allowed', async () => {
    const asked = { origin: 'https://evil.example', 'access-control-request-method': 'DELETE', authorization: '' };
    const answers = [
      await server.call('OPTIONS', CONFIG_MAPS, undefined, asked),
      await server.call('OPTIONS', CONFIG_MAPS),
      await server.call('GET', CONFIG_MAPS),
    ];
    expect(answers.map(({ code }) => code)).toEqual([403, 405, 200]);
    for (const { headers } of answers) expect(headers.toLowerCase()).not.toContain('access-control');
  });
});

describe('bodies', () => {
  it('too large, as announced: refused before they come', async () => {
    const { code, status } = await server.raw(
      head(`POST ${CONFIG_MAPS} HTTP/1.1`, `Content-Length: ${1024 * MEBIBYTE}`, 'Content-Type: application/json'),
    );
    expect({ code, ...status }).toMatchObject({ code: 413, reason: 'RequestEntityTooLarge' });
  });

  it('too large, in chunks without a length: refused while they come', async () => {
    const socket = await server.dialTls();
    const chunk = `10000\r\n${'x'.repeat(0x10000)}\r\n`;
    const bytes = [head(`POST ${CONFIG_MAPS} HTTP/1.1`, 'Transfer-Encoding: chunked'), ...Array(80).fill(chunk)];
    const answer = exchange(socket, bytes);
    await server.serveBystander();
    expect(answerOf(await answer)).toMatchObject({ code: 413, status: { kind: 'Status', code: 413 } });
  });

  it('nested deeply: as JSON, as any patch, as YAML', async () => {
    await server.call('POST', CONFIG_MAPS, configMap('target'));
    const lists = `${'['.repeat(MEBIBYTE)}${']'.repeat(MEBIBYTE)}`;
    const objects = `${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`;
    const deep = `{"metadata":{"name":"x","annotations":${objects}},"data":${lists}}`;
    const answers = await Promise.all([
      server.call('POST', CONFIG_MAPS, deep),
      server.call('PATCH', `${CONFIG_MAPS}/target`, deep, MERGE_PATCH),
      server.call('PATCH', `${CONFIG_MAPS}/target`, deep, STRATEGIC),
      server.call('PATCH', `${CONFIG_MAPS}/target`, `[{"op":"add","path":"/data","value":${objects}}]`, JSON_PATCH),
      server.call('POST', CONFIG_MAPS, '['.repeat(100_000), YAML),
      server.call('PATCH', `${CONFIG_MAPS}/target?fieldManager=me`, deep, APPLY),
      server.call('PATCH', `${CONFIG_MAPS}/target?fieldManager=me`, '['.repeat(100_000), APPLY),
      server.call(
        'POST',
        CONFIG_MAPS,
        Array.from({ length: 600 }, (_, depth) => `${' '.repeat(depth)}a:`).join('\n'),
        YAML,
      ),
    ]);
    for (const { code, status } of answers) expect({ code, ...status }).toMatchObject({ code: 400, kind: 'Status' });
    await server.serveBystander();
  });

  it('YAML bombs: aliases of aliases, keys without end', async () => {
    const levels = Array.from({ length: 12 }, (_, level) =>
      level === 0
        ? 'a0: &a0 [x,x,x,x,x,x,x,x,x]'
        : `a${level}: &a${level} [${Array(9)
            .fill(`*a${level - 1}`)
            .join()}]`,
    );
    const keys = Array.from({ length: 150_000 }, (_, key) => `key${key}: x`).join('\n');
    const bombs = [levels.join('\n'), 'a: &a [*a, *a]', keys, keys.slice(0, 200_000), 'a: &a {b: &b [*a], c: *b}'];
    for (const bomb of bombs) {
      const answers = [
        await server.call('POST', CONFIG_MAPS, bomb, YAML),
        await server.call('PATCH', `${CONFIG_MAPS}/x?fieldManager=me`, bomb, APPLY),
      ];
      for (const { code } of answers) expect([400, 413]).toContain(code);
    }
    await server.serveBystander();
  });

  it('copies of copies in a JSON patch', async () => {
    await server.call('POST', CONFIG_MAPS, configMap('copied', { data: { a: 'x'.repeat(1000) } }));
    const doubling = Array.from({ length: 40 }, (_, index) => ({ op: 'copy', from: '', path: `/copy${index}` }));
    const { code } = await server.call('PATCH', `${CONFIG_MAPS}/copied`, JSON.stringify(doubling), JSON_PATCH);
    expect(code).toBe(422);
  });

  it.each([
    ['a stray continuation', [0x80]],
    ['an overlong slash', [0xc0, 0xaf]],
    ['half a character', [0xe2, 0x82]],
    ['a surrogate', [0xed, 0xa0, 0x80]],
  ])('bad UTF-8: %s', async (_, bad) => {
    const [before, after] = configMap('utf8', { data: { a: '|' } }).split('|');
    const body = Buffer.concat([Buffer.from(before!), Buffer.from(bad), Buffer.from(after!)]);
    for (const headers of [{}, YAML]) {
      const { code, status } = await server.call('POST', CONFIG_MAPS, body, headers);
      expect({ code, ...status }).toMatchObject({ code: 400, message: 'the body of the request is not valid UTF-8' });
    }
  });

  it('half a surrogate pair in an escape becomes U+FFFD, as with Kubernetes', async () => {
    const { status } = await server.call(
      'POST',
      CONFIG_MAPS,
      configMap('lone').replace('}}', ',"annotations":{"a":"\\ud800!"}}}'),
    );
    expect(status.metadata).toMatchObject({ annotations: { a: '\ufffd!' } });
  });

  it('NUL bytes: in the text no JSON, in names no name', async () => {
    expect((await server.call('POST', CONFIG_MAPS, `\0${configMap('nul')}`)).code).toBe(400);
    expect((await server.call('POST', CONFIG_MAPS, configMap('nul\0'))).code).toBe(422);
    expect((await server.call('GET', `${CONFIG_MAPS}/a%00b`)).code).toBe(404);
    const keyed = configMap('nul', { data: { 'a\0b': 'x' } });
    expect((await server.call('POST', CONFIG_MAPS, keyed)).code).toBe(422);
  });

  it('keys of the prototype change no prototype', async () => {
    const evil = '{"polluted":"yes"}';
    const body = `{"metadata":{"name":"proto","labels":{"constructor":"a","toString":"b"}},"__proto__":${evil},"constructor":{"prototype":${evil}},"data":{"__proto__":"own","hasOwnProperty":"x"}}`;
    const created = await server.call('POST', CONFIG_MAPS, body);
    expect(created.code).toBe(201);
    const patches: [string, Record<string, string>][] = [
      [`{"__proto__":${evil},"metadata":{"__proto__":${evil},"annotations":{"__proto__":"x"}}}`, MERGE_PATCH],
      [`{"constructor":{"prototype":${evil}},"data":{"__proto__":"again"}}`, STRATEGIC],
      [`[{"op":"add","path":"/__proto__/polluted","value":"yes"}]`, JSON_PATCH],
      [`[{"op":"add","path":"/constructor/prototype/polluted","value":"yes"}]`, JSON_PATCH],
      [`[{"op":"copy","from":"/metadata","path":"/__proto__"}]`, JSON_PATCH],
      [`{"data":{"a":"b"}}`, { 'content-type': 'constructor' }],
      [`{"data":{"a":"b"}}`, { 'content-type': '__proto__' }],
    ];
    const codes = [];
    for (const [patch, headers] of patches) {
      codes.push((await server.call('PATCH', `${CONFIG_MAPS}/proto`, patch, headers)).code);
    }
    expect(codes).toEqual([422, 200, 422, 422, 200, 415, 415]);
    expect(({} as { polluted?: string }).polluted).toBeUndefined();
    const selected = await server.call(
      'GET',
      `${CONFIG_MAPS}?labelSelector=constructor%3Da,valueOf%21%3Dx,!isPrototypeOf`,
    );
    expect((selected.status as { items?: unknown[] }).items).toHaveLength(1);
    expect((await server.call('GET', '/api/v1/constructor')).code).toBe(404);
    expect((await server.call('GET', `${CONFIG_MAPS}/proto/__proto__`)).code).toBe(404);
  });
});

describe('slow clients', () => {
  let server: AttackedServer;
  beforeAll(async () => {
    server = await startAttackedServer(SHORT_DEADLINES);
  });
  afterAll(() => server.close());

  /** `refused` are still open when the bystander has been served; then they end. */
  async function whileServing<T>(refused: readonly Promise<T>[]): Promise<T[]> {
    let ended = 0;
    for (const each of refused) {
      void each.finally(() => {
        ended += 1;
      });
    }
    await server.serveBystander(3);
    expect(ended, 'attackers refused before the bystander was served').toBe(0);
    return Promise.all(refused);
  }

  it('in the TLS handshake: cut off, however they drip', async () => {
    const sockets = Array.from({ length: 50 }, () => server.dial());
    const closed = sockets.map((socket) => new Promise((resolve) => socket.on('close', resolve)));
    const drips = sockets.map((socket) =>
      setInterval(() => socket.write(Buffer.from([0x16, 3, 1, 2, 0].slice(0, 1))), 20),
    );
    for (const socket of sockets) socket.write(Buffer.from([0x16, 3, 1, 2, 0]));
    await whileServing(closed);
    for (const drip of drips) clearInterval(drip);
  });

  it('in the headers, in a body, or saying nothing at all: 408, and cut off', async () => {
    const starts = [
      '',
      'GET /api HTTP/1.1\r\nHost: x\r\n',
      head(`POST ${CONFIG_MAPS} HTTP/1.1`, 'Content-Length: 1000'),
    ];
    const drips: NodeJS.Timeout[] = [];
    const slow = async (start: string, index: number) => {
      const socket = await server.dialTls();
      const text = exchange(socket, [start]);
      if (start !== '')
        drips.push(
          setInterval(() => socket.writable && socket.write(start.includes('POST') ? ' ' : `X-${index}: y\r\n`), 30),
        );
      return text;
    };
    const texts = await whileServing(Array.from({ length: 60 }, (_, index) => slow(starts[index % 3]!, index)));
    for (const drip of drips) clearInterval(drip);
    for (const text of texts) expect(answerOf(text)).toMatchObject({ code: 408, status: { reason: 'Timeout' } });
  });
});

describe('requests that are none', () => {
  it.each([
    ['no HTTP', 'HELLO\r\n\r\n', 400],
    ['a header split by a bare newline', head('GET /api HTTP/1.1', 'X: a\nY: b\r\r\nZ: c'), 400],
    ['a header with NUL', head('GET /api HTTP/1.1', 'X: a\0b'), 400],
    ['two lengths', head(`POST ${CONFIG_MAPS} HTTP/1.1`, 'Content-Length: 2', 'Content-Length: 3'), 400],
    [
      'a length and chunks',
      head(`POST ${CONFIG_MAPS} HTTP/1.1`, 'Content-Length: 2', 'Transfer-Encoding: chunked'),
      400,
    ],
    ['a negative length', head(`POST ${CONFIG_MAPS} HTTP/1.1`, 'Content-Length: -1'), 400],
    ['a header without end', head('GET /api HTTP/1.1', `X: ${'x'.repeat(100_000)}`), 431],
    [
      'headers without end',
      head('GET /api HTTP/1.1', ...Array.from({ length: 5000 }, (_, index) => `X-${index}: y`)),
      431,
    ],
    ['a path without end', head(`GET /api/v1/${'a/'.repeat(50_000)} HTTP/1.1`), 431],
    ['no Host', `GET /api HTTP/1.0\r\nAuthorization: Bearer ${TOKEN}\r\n\r\n`, 400],
  ])('%s', async (_, text, code) => {
    const answer = await server.raw(text);
    expect(answer).toMatchObject({ code, status: { kind: 'Status', code } });
  });

  it('a newline in the path or query splits no header', async () => {
    const { code, headers } = await server.call(
      'GET',
      '/api/v1/namespaces/a%0d%0aX-Evil:%20b/pods/x?pretty=%0d%0aX-Evil:1',
    );
    expect(code).toBe(404);
    expect(headers).not.toContain('X-Evil:');
    const warned = await server.call('POST', CONFIG_MAPS, configMap('warned', { 'un\r\nX-Evil: 1': 1 }));
    expect(warned.code).toBe(201);
    expect(warned.headers).toContain('un  X-Evil: 1');
  });

  it.each([
    ['/api/v1/namespaces/../../../etc/passwd', 400],
    ['/api/v1/namespaces/%2e%2e/pods/x', 400],
    ['/api/v1/namespaces/default/pods/..', 400],
    ['/api/v1/namespaces/default%2fpods/configmaps', 400],
    ['/api/v1/namespaces/default/configmaps/a%2f..%2fb', 400],
    ['/api/v1/namespaces/default/configmaps/%252e', 400],
    ['//api/v1/namespaces', 404],
    ['/api//v1/namespaces', 404],
    ['/api/v1//namespaces', 404],
    ['/api/v1/namespaces//configmaps', 404],
    ['/api/v1/namespaces/default/configmaps//x', 404],
    ['/api/v1/./namespaces', 404],
    ['/api/v1/namespaces/%ff%fe', 400],
    ['/api/v1/namespaces/default\\configmaps', 404],
    ['/%61pi/v1/namespaces', 404],
    [`/api/v1/namespaces/${'a'.repeat(10_000)}`, 404],
  ])('%s is no path: %i', async (path, code) => {
    expect(await server.call('GET', path)).toMatchObject({ code, status: { kind: 'Status', code } });
  });

  it('a target that is no path', async () => {
    for (const target of ['*', 'http://evil.example/api', 'api']) {
      const { code } = await server.raw(head(`GET ${target} HTTP/1.1`, 'Connection: close'));
      expect([400, 404]).toContain(code);
    }
  });
});

describe('many of what is allowed', () => {
  it('thousands of idle connections keep nobody out', async () => {
    const idle: Socket[] = [];
    let open = 0;
    for (let batch = 0; batch < 30; batch += 1) {
      const dialled = Array.from({ length: 100 }, () => server.dial());
      idle.push(...dialled);
      await Promise.all(dialled.map((socket) => once(socket, 'connect')));
      for (const socket of dialled) {
        open += 1;
        socket.on('close', () => (open -= 1));
      }
      await server.serveBystander(1);
    }
    expect(open).toBeLessThanOrEqual(1024);
    for (const socket of idle) socket.destroy();
  });

  it('who reads nothing of a large list keeps no copy of it for himself', async () => {
    const big = 'x'.repeat(200_000);
    for (let index = 0; index < 40; index += 1)
      await server.call('POST', CONFIG_MAPS, configMap(`big-${index}`, { data: { big } }));
    const readers = await Promise.all(Array.from({ length: 100 }, () => server.dialTls()));
    const before = process.memoryUsage().external + process.memoryUsage().arrayBuffers;
    for (const socket of readers) {
      socket.pause();
      socket.write(head(`GET ${CONFIG_MAPS} HTTP/1.1`));
    }
    await server.serveBystander();
    const grown = process.memoryUsage().external + process.memoryUsage().arrayBuffers - before;
    // 100 × 8 MB, had each been given its copy.
    expect(grown).toBeLessThan(500 * MEBIBYTE);
    for (const socket of readers) socket.destroy();
    for (let index = 0; index < 40; index += 1) await server.call('DELETE', `${CONFIG_MAPS}/big-${index}`);
  });

  it('selectors as long as a request may be', async () => {
    const long = 15_000;
    const selectors = [
      `a in (${'b,'.repeat(long / 2)}c)`,
      `${'a,'.repeat(long / 2)}b`,
      ','.repeat(long / 3),
      `a${'!'.repeat(long / 3)}`,
      `a=${'b'.repeat(long)}`,
      `${'('.repeat(long)}`,
      `a=b${' '.repeat(long / 3)}!`,
    ];
    for (const selector of selectors) {
      for (const parameter of ['labelSelector', 'fieldSelector']) {
        const path = `${CONFIG_MAPS}?${parameter}=${selector.replaceAll(' ', '+')}`;
        expect([200, 400]).toContain((await server.call('GET', path)).code);
      }
    }
  });

  it('watches: beyond two thousand of one user 429', { timeout: 120_000 }, async () => {
    const line = head(`GET ${CONFIG_MAPS}?watch=1 HTTP/1.1`);
    const sockets: Socket[] = [];
    const firstLines: string[] = [];
    for (let batch = 0; batch < 42; batch += 1) {
      const opened = await Promise.all(Array.from({ length: 50 }, () => server.dialTls()));
      sockets.push(...opened);
      firstLines.push(
        ...(await Promise.all(
          opened.map(async (socket) => {
            socket.write(line);
            const [chunk] = (await once(socket, 'data')) as [Buffer];
            return String(chunk).split('\r\n')[0]!;
          }),
        )),
      );
    }
    const served = firstLines.filter((text) => text === 'HTTP/1.1 200 OK').length;
    expect(served).toBe(2000);
    expect(new Set(firstLines.slice(served))).toEqual(new Set(['HTTP/1.1 429 Too Many Requests']));
    expect((await server.call('POST', CONFIG_MAPS, configMap('seen-by-all'))).code).toBe(201);
    await server.serveBystander();
    for (const socket of sockets) socket.destroy();
  });
});

it('none of this was an error of ours', () => {
  expect(server.logged).toEqual([]);
});
