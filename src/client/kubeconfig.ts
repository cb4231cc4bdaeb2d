/**
 * Reads a kubeconfig: which server, trusted how, with which credentials. The common cases (certificates, a token, a
 * token's file) are read here; credential plugins are left to the client library, which is loaded only then (its
 * import costs 0.1 to 0.5 s).
 */
import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { parse } from 'yaml';
import type { ApiConnectionOptions } from './api-connection.ts';

interface NamedCluster {
  readonly name: string;
  readonly cluster?: {
    readonly server?: string;
    readonly 'certificate-authority'?: string;
    readonly 'certificate-authority-data'?: string;
    readonly 'insecure-skip-tls-verify'?: boolean;
    readonly 'tls-server-name'?: string;
  };
}

interface NamedUser {
  readonly name: string;
  readonly user?: {
    readonly token?: string;
    readonly tokenFile?: string;
    readonly 'client-certificate'?: string;
    readonly 'client-certificate-data'?: string;
    readonly 'client-key'?: string;
    readonly 'client-key-data'?: string;
    readonly exec?: unknown;
    readonly 'auth-provider'?: unknown;
  };
}

interface NamedContext {
  readonly name: string;
  readonly context?: { readonly cluster?: string; readonly user?: string; readonly namespace?: string };
}

interface Kubeconfig {
  readonly 'current-context'?: string;
  readonly clusters?: readonly NamedCluster[];
  readonly users?: readonly NamedUser[];
  readonly contexts?: readonly NamedContext[];
}

/** What a kubeconfig's context says: give `connection` to a `RemoteTransport`. */
export interface KubeconfigContext {
  readonly connection: ApiConnectionOptions;
  /** The context's namespace; `default` when it names none. */
  readonly namespace: string;
}

/** Reads the file's current context (or the one named). Errors say which file and which entry. */
export async function loadKubeconfig(path: string, contextName?: string): Promise<KubeconfigContext> {
  const text = await readFile(path, 'utf8');
  return await readKubeconfig(text, { path, ...(contextName === undefined ? {} : { contextName }) });
}

/** As `loadKubeconfig`, from text; `path` is what relative file names in it are relative to. */
export async function readKubeconfig(
  text: string,
  { path, contextName }: { readonly path: string; readonly contextName?: string },
): Promise<KubeconfigContext> {
  const fail = (reason: string): never => {
    throw new Error(`kubeconfig ${path}: ${reason}`);
  };
  const { wanted, context, cluster, user } = chosenContext(parseConfig(text, fail), contextName, fail);
  const pem = async (data: string | undefined, file: string | undefined): Promise<string | undefined> => {
    if (data !== undefined && data !== '') return Buffer.from(data, 'base64').toString('utf8');
    if (file === undefined || file === '') return undefined;
    return await readFile(resolve(dirname(path), file), 'utf8');
  };
  const [ca, cert, key] = await Promise.all([
    pem(cluster['certificate-authority-data'], cluster['certificate-authority']),
    pem(user['client-certificate-data'], user['client-certificate']),
    pem(user['client-key-data'], user['client-key']),
  ]);
  const plugin = user.exec !== undefined || user['auth-provider'] !== undefined;
  const credentials = plugin
    ? await pluginCredentials(text, wanted)
    : { ...given('cert', cert), ...given('key', key), ...given('token', tokenOf(user, path)) };
  return {
    connection: {
      server: cluster.server,
      ...given('ca', ca),
      ...given('serverName', cluster['tls-server-name']),
      ...given('insecureSkipTlsVerify', cluster['insecure-skip-tls-verify']),
      ...credentials,
    },
    namespace: context.namespace ?? 'default',
  };
}

/**
 * The file's current context (or the one named) as a kubeconfig that stands alone (JSON, which is YAML): what it has in files is in
 * it, but for a token's file, which is renewed in place and named absolutely. Credential plugins are kept as they are.
 */
export async function flatKubeconfig(path: string, contextName?: string): Promise<string> {
  const fail = (reason: string): never => {
    throw new Error(`kubeconfig ${path}: ${reason}`);
  };
  const { context, cluster, user } = chosenContext(parseConfig(await readFile(path, 'utf8'), fail), contextName, fail);
  const inline = async (entry: object, ...keys: readonly string[]): Promise<Record<string, unknown>> => {
    const flat = Object.fromEntries<unknown>(Object.entries(entry));
    for (const key of keys) {
      const file = flat[key];
      delete flat[key];
      if (typeof file !== 'string' || file === '' || flat[`${key}-data`]) continue;
      flat[`${key}-data`] = (await readFile(resolve(dirname(path), file))).toString('base64');
    }
    return flat;
  };
  const { tokenFile } = user;
  const name = context.cluster ?? 'cluster';
  return JSON.stringify({
    ...{ apiVersion: 'v1', kind: 'Config', 'current-context': name },
    clusters: [{ name, cluster: await inline(cluster, 'certificate-authority') }],
    users: [
      {
        name,
        user: {
          ...(await inline(user, 'client-certificate', 'client-key')),
          ...given('tokenFile', tokenFile === undefined ? undefined : resolve(dirname(path), tokenFile)),
        },
      },
    ],
    contexts: [{ name, context: { cluster: name, user: name, ...given('namespace', context.namespace) } }],
  });
}

/** The current context of a kubeconfig, or the one named, with the cluster and the user it names. */
function chosenContext(config: Kubeconfig, contextName: string | undefined, fail: (reason: string) => never) {
  const wanted = contextName ?? config['current-context'] ?? '';
  if (wanted === '') fail('current-context is not set');
  const context = config.contexts?.find(({ name }) => name === wanted)?.context;
  if (context === undefined) return fail(`context "${wanted}" does not exist`);
  const cluster = config.clusters?.find(({ name }) => name === context.cluster)?.cluster;
  const server = cluster?.server;
  if (cluster === undefined || server === undefined)
    return fail(`cluster "${context.cluster ?? ''}" does not exist or has no server`);
  const user = config.users?.find(({ name }) => name === context.user)?.user ?? {};
  return { wanted, context, cluster: { ...cluster, server }, user };
}

function parseConfig(text: string, fail: (reason: string) => never): Kubeconfig {
  let config: unknown;
  try {
    config = parse(text);
  } catch (error) {
    return fail(`is no YAML: ${(error as Error).message}`);
  }
  if (typeof config !== 'object' || config === null) return fail('is empty');
  return config as Kubeconfig;
}

function tokenOf(user: NonNullable<NamedUser['user']>, path: string): ApiConnectionOptions['token'] {
  if (user.token !== undefined && user.token !== '') return user.token;
  const { tokenFile } = user;
  if (tokenFile === undefined) return undefined;
  // Read anew each time: projected tokens are renewed in place.
  return async () => (await readFile(resolve(dirname(path), tokenFile), 'utf8')).trim();
}

/** Credentials of exec plugins and auth providers, by way of the client library. */
async function pluginCredentials(
  text: string,
  context: string,
): Promise<Pick<ApiConnectionOptions, 'token' | 'cert' | 'key'>> {
  const { KubeConfig } = await import('@kubernetes/client-node');
  const config = new KubeConfig();
  config.loadFromString(text);
  config.setCurrentContext(context);
  const ask = async (): Promise<{ headers?: Record<string, unknown>; cert?: unknown; key?: unknown }> => {
    const options: { headers: Record<string, string>; cert?: string; key?: string } = { headers: {} };
    await config.applyToHTTPSOptions(options);
    return options;
  };
  const { cert, key } = await ask();
  return {
    ...given('cert', cert === undefined ? undefined : String(cert)),
    ...given('key', key === undefined ? undefined : String(key)),
    // The library keeps a credential until it expires, so asking before each request is cheap.
    token: async () => {
      const header = (await ask()).headers?.Authorization;
      return typeof header === 'string' ? header.replace(/^Bearer /, '') : undefined;
    },
  };
}

/** `{ [key]: value }`, or nothing when the value is absent: options know no `undefined`. */
function given<K extends string, V>(key: K, value: V | undefined): { readonly [P in K]?: V } {
  return value === undefined ? {} : ({ [key]: value } as { readonly [P in K]: V });
}
