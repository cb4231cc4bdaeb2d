/** What a kubelet says of its node: addresses, capacity, conditions, system facts. Pure but for the facts of the machine. */
import { readFileSync } from 'node:fs';
import { arch, availableParallelism, release, totalmem } from 'node:os';
import type { Node } from '../objects/wire.ts';

export const KUBELET_VERSION = 'v1.36.0';
const RUNTIME_VERSION = 'podwire://0.1.0';
const ARCHITECTURES: Readonly<Record<string, string>> = { x64: 'amd64', ia32: '386' };

export interface MachineFacts {
  readonly cpus: number;
  readonly memoryBytes: number;
  readonly kernelVersion: string;
  readonly architecture: string;
  readonly osImage: string;
  readonly machineId: string;
  readonly bootId: string;
}

/** Looks at the machine. */
export function machineFacts(): MachineFacts {
  const release_ = readOr('/etc/os-release', '');
  return {
    cpus: availableParallelism(),
    memoryBytes: totalmem(),
    kernelVersion: release(),
    architecture: ARCHITECTURES[arch()] ?? arch(),
    osImage: /^PRETTY_NAME="?([^"\n]*)/m.exec(release_)?.[1] ?? 'Linux',
    machineId: readOr('/etc/machine-id', '').trim(),
    bootId: readOr('/proc/sys/kernel/random/boot_id', '').trim(),
  };
}

function readOr(path: string, fallback: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return fallback; // a machine without the file has nothing to say
  }
}

/** cpu, memory and pods of the node, as quantities. */
export function capacityOf(facts: MachineFacts, maxPods: number): Record<string, string> {
  return {
    cpu: String(facts.cpus),
    memory: `${Math.floor(facts.memoryBytes / 1024)}Ki`,
    pods: String(maxPods),
  };
}

const HEALTHY = [
  ['MemoryPressure', 'False', 'KubeletHasSufficientMemory', 'kubelet has sufficient memory available'],
  ['DiskPressure', 'False', 'KubeletHasNoDiskPressure', 'kubelet has no disk pressure'],
  ['PIDPressure', 'False', 'KubeletHasSufficientPID', 'kubelet has sufficient PID available'],
  ['Ready', 'True', 'KubeletReady', 'kubelet is posting ready status'],
] as const;

/** The status to write. Conditions keep the time of their last change. */
export function nodeStatus(
  node: Node,
  facts: MachineFacts,
  { nodeIps, maxPods, now }: { nodeIps: readonly string[]; maxPods: number; now: string },
): NonNullable<Node['status']> {
  const capacity = capacityOf(facts, maxPods);
  return {
    addresses: [
      ...nodeIps.map((address) => ({ type: 'InternalIP', address })),
      { type: 'Hostname', address: node.metadata?.name ?? '' },
    ],
    capacity,
    allocatable: capacity,
    conditions: HEALTHY.map(([type, status, reason, message]) => {
      const former = node.status?.conditions?.find((condition) => condition.type === type);
      const lastTransitionTime = former?.status === status ? (former.lastTransitionTime ?? now) : now;
      return { type, status, reason, message, lastHeartbeatTime: now, lastTransitionTime };
    }),
    daemonEndpoints: { kubeletEndpoint: { Port: 10250 } },
    nodeInfo: {
      architecture: facts.architecture,
      bootID: facts.bootId,
      containerRuntimeVersion: RUNTIME_VERSION,
      kernelVersion: facts.kernelVersion,
      kubeProxyVersion: '',
      kubeletVersion: KUBELET_VERSION,
      machineID: facts.machineId,
      operatingSystem: 'linux',
      osImage: facts.osImage,
      systemUUID: facts.machineId,
    },
  };
}
