import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { flatKubeconfig, loadKubeconfig, readKubeconfig } from '../../src/client/kubeconfig.ts';

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kubeconfig-'));
});

afterAll(() => rm(folder, { recursive: true }));

const base64 = (text: string): string => Buffer.from(text).toString('base64');

function config(user: object, cluster: object = {}): string {
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'lab',
    contexts: [
      { name: 'lab', context: { cluster: 'c', user: 'u', namespace: 'shop' } },
      { name: 'plain', context: { cluster: 'c', user: 'u' } },
    ],
    clusters: [{ name: 'c', cluster: { server: 'https://127.0.0.1:6443', ...cluster } }],
    users: [{ name: 'u', user }],
  });
}

describe('a kubeconfig', () => {
  it('gives server, authority and token', async () => {
    const text = config({ token: 't' }, { 'certificate-authority-data': base64('CA'), 'tls-server-name': 'cp' });
    expect(await readKubeconfig(text, { path: '/x/config' })).toEqual({
      connection: { server: 'https://127.0.0.1:6443', ca: 'CA', serverName: 'cp', token: 't' },
      namespace: 'shop',
    });
  });

  it('reads files relative to its own folder, a token anew each time', async () => {
    const path = join(folder, 'config');
    await Promise.all([
      writeFile(join(folder, 'ca.pem'), 'CA'),
      writeFile(join(folder, 'me.pem'), 'CERT'),
      writeFile(join(folder, 'token'), 'one\n'),
      writeFile(
        path,
        config(
          { tokenFile: 'token', 'client-certificate': 'me.pem', 'client-key-data': base64('KEY') },
          { 'certificate-authority': 'ca.pem' },
        ),
      ),
    ]);
    const { connection } = await loadKubeconfig(path);
    expect(connection).toMatchObject({ ca: 'CA', cert: 'CERT', key: 'KEY' });
    const token = connection.token as () => Promise<string>;
    expect(await token()).toBe('one');
    await writeFile(join(folder, 'token'), 'two');
    expect(await token()).toBe('two');
  });

  it('takes another context by name', async () => {
    const read = await readKubeconfig(config({ token: 't' }), { path: '/x', contextName: 'plain' });
    expect(read.namespace).toBe('default');
  });

  it('asks a credential plugin', async () => {
    const credential = {
      apiVersion: 'client.authentication.k8s.io/v1',
      kind: 'ExecCredential',
      status: { token: 'plugged' },
    };
    const exec = { apiVersion: credential.apiVersion, command: 'echo', args: [JSON.stringify(credential)] };
    const { connection } = await readKubeconfig(config({ exec }), { path: '/x' });
    expect(await (connection.token as () => Promise<string>)()).toBe('plugged');
  });

  it.each([
    ['', {}, 'kubeconfig /x: is empty'],
    ['{', {}, 'kubeconfig /x: is no YAML'],
    ['{"contexts":[]}', {}, 'kubeconfig /x: current-context is not set'],
    [config({}), { contextName: 'other' }, 'kubeconfig /x: context "other" does not exist'],
    ['{"current-context":"a","contexts":[{"name":"a","context":{"cluster":"z"}}]}', {}, 'cluster "z" does not exist'],
  ])('refuses %j', async (text, options, message) => {
    await expect(readKubeconfig(text, { path: '/x', ...options })).rejects.toThrow(message);
  });
});

describe('a kubeconfig that stands alone', () => {
  it('has one context, the content of its files, and where its token is renewed', async () => {
    await writeFile(join(folder, 'ca.pem'), 'CA');
    const path = join(folder, 'config');
    await writeFile(path, config({ tokenFile: 'token' }, { 'certificate-authority': 'ca.pem' }));
    await writeFile(join(folder, 'token'), 'first\n');
    const flat = await flatKubeconfig(path, 'lab');
    expect(JSON.parse(flat).contexts).toHaveLength(1);
    const { connection, namespace } = await readKubeconfig(flat, { path: '/elsewhere/config' });
    expect(namespace).toBe('shop');
    expect(connection).toMatchObject({ server: 'https://127.0.0.1:6443', ca: 'CA' });
    await writeFile(join(folder, 'token'), 'second\n');
    expect(await (connection.token as () => Promise<string>)()).toBe('second');
  });
});
