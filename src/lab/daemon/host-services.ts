/**
 * What serves on the fabric beside the cluster: the gateway's resolver, and on hosts the stand-ins of their images. They run in the
 * pods process, are started again when it dies, and go on while the daemon is away.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { resolveImage } from '../../node/standins/images.ts';
import type { StandInSpec } from '../../node/standins/protocol.ts';
import type { StandInClient } from '../../node/standins/stand-in-client.ts';
import { GATEWAY_RESOLVER } from '../gateway-resolver.ts';
import type { HostPlan, LabPlan } from '../plan-lab.ts';
import type { DaemonContext } from './daemon-context.ts';
import { componentLogger } from './logger.ts';

const RESTART_MS = 500;

/** The stand-ins of a plan's gateway and hosts. */
export function hostServices(plan: LabPlan): StandInSpec[] {
  const names = plan.hosts
    .filter((host) => host.names.length > 0)
    .flatMap(({ ips, names }) => ips.map((ip) => [ip, ...names].join(' ')));
  const gateway = specOf(plan.gateway, { kind: GATEWAY_RESOLVER, image: '', args: names });
  const hosts = plan.hosts.flatMap((host) => {
    const { image } = host;
    const { behaviour } = resolveImage(image ?? '');
    return image === undefined || !('standIn' in behaviour)
      ? []
      : [specOf(host, { kind: behaviour.standIn, image, args: [] })];
  });
  return [gateway, ...hosts];
}

/** Starts them, and again whenever one ends; those a former daemon has started go on. */
export function startHostServices({ plan }: DaemonContext, standIns: StandInClient): void {
  for (const spec of hostServices(plan)) keep(spec, standIns);
}

function keep(spec: StandInSpec, standIns: StandInClient): void {
  const log = componentLogger(`host ${spec.pod.name}`);
  const listener = {
    started: () => undefined,
    exited: async (code: number, error?: string) => {
      log.warn(`${spec.kind} ended; it is started again`, { code, ...(error === undefined ? {} : { error }) });
      await sleep(RESTART_MS);
      standIns.start(spec, listener);
    },
    exec: async () => ({ exitCode: 126, output: 'a host has no container to run a program in\n' }),
  };
  if (standIns.knows(spec.containerId)) standIns.adopt(spec.containerId, listener);
  else standIns.start(spec, listener);
}

function specOf(
  { name, netns, ips }: HostPlan,
  { kind, image, args }: Pick<StandInSpec, 'kind' | 'image' | 'args'>,
): StandInSpec {
  return {
    ...{ containerId: `host/${name}`, kind, netns, image, args, container: name },
    pod: { namespace: '', name, uid: '', node: name, ips, hostname: name },
    ...{ env: {}, ports: [], files: {}, mounts: [] },
  };
}
