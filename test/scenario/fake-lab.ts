/**
 * A lab without a kernel: objects in a map, programs and kubectl answered by functions of the test. `log` holds what
 * was asked of it, in order.
 */
import { LabError } from '../../src/lab/lab-error.ts';
import type { ExecResult, LabHandle } from '../../src/lab/lab-handle.ts';
import type { LabSnapshot } from '../../src/lab/lab-snapshot.ts';
import type { LinkState } from '../../src/lab/link-state.ts';
import type { ResourceType } from '../../src/objects/resource.ts';
import { ApiError, type ObjectKey, type Transport } from '../../src/objects/transport.ts';
import type { ApiObject } from '../../src/objects/wire.ts';

export interface FakeLabOptions {
  exec?(target: string, argv: readonly string[], stdin?: string): Partial<ExecResult>;
  kubectl?(argv: readonly string[], stdin?: string): Partial<ExecResult>;
  runHere?(argv: readonly string[], env: Readonly<Record<string, string>>): Partial<ExecResult>;
  readonly snapshot?: Partial<LabSnapshot>;
  /** Capabilities its kernel lacks. */
  readonly missing?: readonly string[];
}

export interface FakeLab extends LabHandle {
  readonly log: string[];
  readonly objects: Map<string, ApiObject>;
}

const SNAPSHOT: LabSnapshot = {
  name: 'fake',
  kernel: 'host',
  createdAt: '2026-01-01T00:00:00Z',
  kubernetesVersion: 'v1.36.0',
  podSubnet: '10.244.0.0/16',
  serviceSubnet: '10.96.0.0/12',
  nodes: ['control-plane', 'node-1', 'node-2'].map((name, index) => ({
    name,
    role: index === 0 ? 'control-plane' : 'worker',
    netns: `fake.${name}`,
    ip: `192.168.1.${10 + index}`,
    ips: [`192.168.1.${10 + index}`],
    podCIDR: `10.244.${index}.0/24`,
    podCIDRs: [`10.244.${index}.0/24`],
    ready: true,
    proxy: { mode: 'iptables', synced: true, generation: 1 },
  })),
  hosts: [{ name: 'client', netns: 'fake.client', ip: '192.168.1.100', ips: ['192.168.1.100'] }],
  pods: [],
  services: [],
  timings: [],
  warnings: [],
};

const LINK: LinkState = {
  target: '',
  kind: 'node',
  fault: {},
  near: { netns: '', device: 'eth0' },
  far: { netns: '', device: 'port' },
};

export function keyOf(type: ResourceType, { namespace = '', name }: ObjectKey): string {
  return `${type.plural} ${namespace}/${name}`;
}

export function fakeLab(options: FakeLabOptions = {}): FakeLab {
  const log: string[] = [];
  const objects = new Map<string, ApiObject>();
  let links: LinkState[] = [];
  let { nodes } = { ...SNAPSHOT, ...options.snapshot };
  const result = (given: Partial<ExecResult> = {}): ExecResult => ({ exitCode: 0, stdout: '', stderr: '', ...given });
  const notFound = (key: string): ApiError =>
    new ApiError({ reason: 'NotFound', code: 404, message: `${key} not found` });
  const transport = {
    list: async (type: ResourceType, scope: { namespace?: string } = {}) => ({
      items: [...objects].flatMap(([key, object]) => {
        const prefix = scope.namespace === undefined ? `${type.plural} ` : `${type.plural} ${scope.namespace}/`;
        return key.startsWith(prefix) ? [object] : [];
      }),
      resourceVersion: '1',
    }),
    get: async (type: ResourceType, key: ObjectKey) => {
      const found = objects.get(keyOf(type, key));
      if (found === undefined) throw notFound(key.name);
      return found;
    },
    create: async (type: ResourceType, object: ApiObject) => {
      log.push(`create ${type.plural} ${object.metadata?.name}`);
      objects.set(keyOf(type, object.metadata as ObjectKey), object);
      return object;
    },
    delete: async (type: ResourceType, key: ObjectKey) => {
      log.push(`delete ${type.plural} ${key.name}`);
      if (!objects.delete(keyOf(type, key))) throw notFound(key.name);
    },
  } as unknown as Transport;
  return {
    log,
    objects,
    name: 'fake',
    standsIn: 'host',
    kubeconfig: '/nowhere',
    transport,
    kernel: {
      read: async () => ({ stdout: '', stderr: '', exitCode: 0 }),
      spawn: () => {
        throw new Error('a fake lab has no processes');
      },
    },
    snapshot: async () => ({ ...SNAPSHOT, ...options.snapshot, nodes }),
    subscribe: (listener) => {
      listener({ ...SNAPSHOT, ...options.snapshot });
      return () => undefined;
    },
    exec: async (target, argv, { stdin } = {}) => {
      log.push(`exec ${target} ${argv.join(' ')}`);
      return result(options.exec?.(target, argv, stdin));
    },
    netnsOf: async (target) => `fake.${target}`,
    missing: async (ids) =>
      Object.fromEntries(ids.filter((id) => options.missing?.includes(id)).map((id) => [id, `no ${id}`])),
    links: async () => links,
    changeLink: async (target, change) => {
      log.push(`link ${target} ${JSON.stringify(change)}`);
      const fault = change.action === 'set' ? change.fault : change.action === 'cut' ? { cut: true } : {};
      const link = { ...LINK, target, fault };
      links = [...links.filter((each) => each.target !== target), link];
      return link;
    },
    kubectl: async (argv, stdin) => {
      log.push(`kubectl ${argv.join(' ')}`);
      return result(options.kubectl?.(argv, stdin));
    },
    runHere: async (argv, { env = {} } = {}) => {
      log.push(`here ${argv.join(' ')}`);
      return result(options.runHere?.(argv, env));
    },
    runKubeProxy: async (is, node) => {
      log.push(`kube-proxy ${is} ${node ?? ''}`.trimEnd());
      const stopped = is === 'stopped';
      nodes = nodes.map((each) =>
        node === undefined || node === each.name ? { ...each, proxy: { ...each.proxy, stopped } } : each,
      );
      return nodes.map(({ name }) => name);
    },
    switchProxyMode: async (mode, { node, strict, scheduler } = {}) => {
      log.push(['proxy-mode', mode, node, scheduler].filter((word) => word !== undefined).join(' '));
      const obstacle = options.missing?.includes(mode) === true ? `${mode} not supported` : undefined;
      if (obstacle !== undefined && strict !== false)
        throw new LabError({ what: `no mode ${mode}`, why: `can't use it: ${obstacle}`, remedy: 'another' });
      const now = obstacle === undefined ? { mode } : { mode: 'iptables', obstacle };
      const proxy = { synced: true, generation: 2, ...now, ...(scheduler === undefined ? {} : { scheduler }) };
      nodes = nodes.map((each) => (node === undefined || node === each.name ? { ...each, proxy } : each));
      return nodes.map(({ name }) => ({ name, ...now }));
    },
    programmed: async () => undefined,
    down: async () => void log.push('down'),
    close: () => void log.push('close'),
  };
}
