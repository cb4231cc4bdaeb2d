/** ConfigMaps and Secrets as a container start needs them: asked for when they are needed, as bytes by key. */
import { CONFIG_MAPS, SECRETS } from '../../objects/resource.ts';
import { hasReason, type Transport } from '../../objects/transport.ts';

/** A reference of the container's that leads nowhere: CreateContainerConfigError. */
export class ContainerConfigError extends Error {
  override readonly name = 'ContainerConfigError';
}

export type ConfigData = Readonly<Record<string, Buffer>>;

export interface ConfigSource {
  /** Undefined when there is none of that name. */
  readonly configMap: (namespace: string, name: string) => Promise<ConfigData | undefined>;
  readonly secret: (namespace: string, name: string) => Promise<ConfigData | undefined>;
}

/** Reads them from the API. Pods that start together and ask for the same object share one answer. */
export function apiConfigSource(transport: Transport): ConfigSource {
  return sharedReads({
    configMap: (namespace, name) =>
      unlessMissing(async () => {
        const { data = {}, binaryData = {} } = await transport.get(CONFIG_MAPS, { namespace, name });
        return { ...bytes(data, 'utf8'), ...bytes(binaryData, 'base64') };
      }),
    secret: (namespace, name) =>
      unlessMissing(async () => bytes((await transport.get(SECRETS, { namespace, name })).data ?? {}, 'base64')),
  });
}

function sharedReads({ configMap, secret }: ConfigSource): ConfigSource {
  return { configMap: shared(configMap), secret: shared(secret) };
}

/** A read that is under way already answers for those that come meanwhile. */
function shared(read: ConfigSource['secret']): ConfigSource['secret'] {
  const underWay = new Map<string, ReturnType<ConfigSource['secret']>>();
  return (namespace, name) => {
    const key = `${namespace}/${name}`;
    const present = underWay.get(key);
    if (present !== undefined) return present;
    const answer = read(namespace, name).finally(() => underWay.delete(key));
    underWay.set(key, answer);
    return answer;
  };
}

async function unlessMissing<T>(read: () => Promise<T>): Promise<T | undefined> {
  try {
    return await read();
  } catch (error) {
    if (hasReason(error, 'NotFound')) return undefined;
    throw error;
  }
}

function bytes(data: Readonly<Record<string, string>>, encoding: 'utf8' | 'base64'): Record<string, Buffer> {
  return Object.fromEntries(Object.entries(data).map(([key, text]) => [key, Buffer.from(text, encoding)]));
}
