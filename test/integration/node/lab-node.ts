/** One node of a lab of its own for tests: namespace, pod network, kubelet, the real API store, stand-ins in this process. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createApiCore } from '../../../src/api/create-api-core.ts';
import { InProcessTransport } from '../../../src/api/in-process-transport.ts';
import { LinuxKernel } from '../../../src/kernel/linux-kernel.ts';
import { Kubelet } from '../../../src/node/kubelet.ts';
import { NodeKubelets } from '../../../src/node/node-kubelets.ts';
import { PodNetwork } from '../../../src/node/pod-network.ts';
import { hostRuntime } from '../../../src/node/runtime/host-runtime.ts';
import { channelPair } from '../../../src/node/standins/channel-pair.ts';
import { runPodsProcess } from '../../../src/node/standins/pods-process.ts';
import { StandInClient } from '../../../src/node/standins/stand-in-client.ts';
import { EVENTS, NAMESPACES, NODES, PODS } from '../../../src/objects/resource.ts';
import { hasReason } from '../../../src/objects/transport.ts';
import type { Pod, PodSpec } from '../../../src/objects/wire.ts';

export const NODE = 'node-1';
export const NODE_IP = '192.168.1.11';
const PROGRAMS = { directory: join(import.meta.dirname, '../../../src'), agnhost: 'node/agnhost-main.ts' };
const POD_CIDR = '10.244.1.0/24';
const REGISTRY = { serviceCIDRs: ['10.96.0.0/12'], certificateAuthority: 'none' };

export async function startLabNode(label: string) {
  const lab = `t${process.pid}-${label}`;
  const netns = `${lab}.${NODE}`;
  const directory = mkdtempSync(join(tmpdir(), `podwire-${label}-`));
  const kernel = new LinuxKernel();
  await kernel.createNamespaces([netns]);
  await kernel.run(netns, [{ tool: 'sysctl', values: { 'net.ipv4.ip_forward': 1 } }]);
  const core = createApiCore(REGISTRY);
  const transport = new InProcessTransport(core);
  for (const name of ['default', 'kube-node-lease']) await ensureNamespace(name);
  await transport.create(NODES, { metadata: { name: NODE }, spec: { podCIDR: POD_CIDR } });
  const standIns = new StandInClient();
  const pods = startPods();
  const warnings: string[] = [];
  const options = {
    node: NODE,
    netns,
    nodeIps: [NODE_IP],
    transport,
    apiCredential: 'the-api',
    kernel,
    runtime: hostRuntime({ kernel, directory, standIns, ownPrograms: PROGRAMS }),
    log: { info: () => undefined, warn: note, error: note },
    directory,
    resolverConfig: '',
    clusterDns: '10.96.0.10',
    clusterDomain: 'cluster.local',
    volumeSyncMs: 20,
  };
  const connector = new NodeKubelets();
  let kubelet = await startKubelet();

  function note(message: string, fields?: Readonly<Record<string, unknown>>): void {
    warnings.push(`${message} ${JSON.stringify(fields ?? {})}`);
  }

  async function ensureNamespace(name: string): Promise<void> {
    try {
      await transport.create(NAMESPACES, { metadata: { name } });
    } catch (error) {
      if (!hasReason(error, 'AlreadyExists')) throw error;
    }
  }

  /** A pods process, in this one; `crash` is what a daemon sees of its death. */
  function startPods() {
    const [daemon, process] = channelPair();
    const server = runPodsProcess({ channel: process, kernelSockets: kernel.sockets });
    void standIns.connect(daemon);
    return {
      server,
      crash: async () => {
        daemon.close();
        await server.close();
      },
    };
  }

  async function startKubelet(): Promise<Kubelet> {
    const podNetwork = new PodNetwork({
      blocks: [{ podCidr: POD_CIDR, network: '10.244.0.0/16' }],
      ...{ mtu: 1450, kernel, lab, netns },
    });
    const started = new Kubelet({ ...options, podNetwork });
    connector.add(NODE, started);
    await started.start();
    return started;
  }

  let running = pods;
  return {
    lab,
    netns,
    kernel,
    transport,
    connector,
    warnings,
    directory,
    async createPod(name: string, spec: Partial<PodSpec>, labels: Record<string, string> = {}): Promise<Pod> {
      return transport.create(PODS, {
        metadata: { name, namespace: 'default', labels },
        spec: { nodeName: NODE, ...spec } as PodSpec,
      });
    },
    pod: (name: string) => transport.get(PODS, { namespace: 'default', name }),
    async deletePod(name: string, gracePeriodSeconds?: number): Promise<void> {
      await transport.delete(
        PODS,
        { namespace: 'default', name },
        gracePeriodSeconds === undefined ? {} : { gracePeriodSeconds },
      );
    },
    /** `reason: message` of the events about a pod, oldest first. */
    async events(name: string): Promise<string[]> {
      const { items } = await transport.list(EVENTS, { namespace: 'default' });
      return items
        .filter(({ involvedObject }) => involvedObject.name === name)
        .map(({ reason, message }) => `${reason}: ${message}`);
    },
    /** Runs a program in the pod's container; what it wrote and its code. */
    async exec(pod: string, command: [string, ...string[]], container = 'main') {
      const session = await connector.exec({
        node: NODE,
        namespace: 'default',
        pod,
        container,
        command,
        stdin: false,
        tty: false,
      });
      const texts = await Promise.all(
        [session.stdout, session.stderr].map(async (stream) => {
          let text = '';
          for await (const chunk of stream ?? []) text += String(chunk);
          return text;
        }),
      );
      return { stdout: texts[0]!, stderr: texts[1]!, ...(await session.exit) };
    },
    async logs(
      pod: string,
      fields: { previous?: boolean; tailLines?: number; timestamps?: boolean } = {},
      container = 'main',
    ) {
      const stream = await connector.logs({
        ...{ node: NODE, namespace: 'default', pod, container, follow: false, previous: false, timestamps: false },
        ...fields,
      });
      let text = '';
      for await (const chunk of stream) text += String(chunk);
      return text;
    },
    /** GET from the node's namespace. */
    async get(url: string) {
      const { stdout, stderr, exitCode } = await kernel.read(netns, ['curl', '-sS', '-i', '--max-time', '5', url]);
      return { exitCode, text: stdout + stderr };
    },
    async crashPods(): Promise<void> {
      await running.crash();
      running = startPods();
    },
    /** The daemon's end of things goes and comes back. */
    async restartKubelet(): Promise<void> {
      await kubelet.stop();
      kubelet = await startKubelet();
    },
    async stop(): Promise<void> {
      for (const { metadata } of (await transport.list(PODS)).items) {
        await transport.delete(
          PODS,
          { namespace: metadata!.namespace!, name: metadata!.name! },
          { gracePeriodSeconds: 0 },
        );
      }
      await eventually(async () => namespacesOf(lab).then((names) => names.length === 1));
      await kubelet.stop();
      await running.server.close();
      await kernel.deleteNamespaces([netns]);
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

async function namespacesOf(lab: string): Promise<string[]> {
  const { readdirSync } = await import('node:fs');
  return readdirSync('/run/netns').filter((name) => name.startsWith(`${lab}.`));
}

/** Polls until `condition` holds; its last failure is thrown after `withinMs`. */
export async function eventually<T>(condition: () => Promise<T | false | undefined>, withinMs = 15_000): Promise<T> {
  const deadline = Date.now() + withinMs;
  for (;;) {
    let failure: unknown = new Error('the condition did not become true');
    try {
      const result = await condition();
      if (result !== false && result !== undefined) return result;
    } catch (error) {
      failure = error;
    }
    if (Date.now() > deadline) throw failure;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** True when the pod's Ready condition is. */
export function isReady(pod: Pod): boolean {
  return pod.status?.conditions?.find(({ type }) => type === 'Ready')?.status === 'True';
}
