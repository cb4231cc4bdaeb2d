/** What a container of a spec runs: a program of the host or a stand-in, with its arguments, capabilities and ports. Pure. */
import type { Container, Pod } from '../../objects/wire.ts';
import { capabilitiesOf } from '../runtime/capabilities.ts';
import type { ContainerSpec } from '../runtime/container-runtime.ts';
import { type ImageBehaviour, resolveImage } from '../standins/images.ts';
import { ContainerConfigError } from './config-source.ts';
import { expand } from './expand.ts';

/**
 * `command` is a program of the host, except the agnhost image's own (`/agnhost netexec`), which is its stand-in. `args` alone go to
 * the stand-in, or are the program of an image without an entrypoint.
 */
export function runOf(
  container: Pick<Container, 'image' | 'command' | 'args'>,
  env: Readonly<Record<string, string>>,
): ContainerSpec['run'] {
  const command = (container.command ?? []).map((word) => expand(word, env));
  const args = (container.args ?? []).map((word) => expand(word, env));
  const { behaviour } = resolveImage(container.image ?? '');
  const [program, ...rest] = command;
  if (program !== undefined) {
    if (isAgnhost(behaviour) && /^(?:\/?agnhost|\/bin\/agnhost)$/.test(program)) {
      return { standIn: 'agnhost', args: [...rest, ...args] };
    }
    return { argv: [program, ...rest, ...args] };
  }
  if ('standIn' in behaviour) return { standIn: behaviour.standIn, args };
  const [first, ...others] = args;
  return { argv: first === undefined ? behaviour.program : [first, ...others] };
}

/** Where busybox's applets are found in a container of that image. */
export const APPLET_DIRECTORY = '/.podwire/applets';

/** The container's rights. */
export function confinementOf(
  pod: Pod,
  container: Container,
): Pick<ContainerSpec, 'capabilities' | 'privileged' | 'user' | 'noNewPrivileges' | 'readOnlyRoot'> {
  const own = container.securityContext;
  const shared = pod.spec?.securityContext;
  const uid = own?.runAsUser ?? shared?.runAsUser;
  const gid = own?.runAsGroup ?? shared?.runAsGroup;
  const groups = [...(shared?.supplementalGroups ?? []), ...(shared?.fsGroup === undefined ? [] : [shared.fsGroup])];
  const isOther = uid !== undefined || gid !== undefined || groups.length > 0;
  refuseRoot(pod, container, uid);
  return {
    capabilities: capabilitiesOf(own?.capabilities?.add, own?.capabilities?.drop),
    privileged: own?.privileged === true,
    ...(isOther ? { user: { uid: uid ?? 0, gid: gid ?? 0, groups } } : {}),
    ...(own?.allowPrivilegeEscalation === false ? { noNewPrivileges: true } : {}),
    ...(own?.readOnlyRootFilesystem === true ? { readOnlyRoot: true } : {}),
  };
}

/** Words of the kubelet's verifyRunAsNonRoot. Every image here is its maker's root, as most are. */
function refuseRoot({ metadata, spec }: Pod, { name, securityContext }: Container, uid: number | undefined): void {
  const mustNot = securityContext?.runAsNonRoot ?? spec?.securityContext?.runAsNonRoot;
  if (mustNot !== true || (uid !== undefined && uid !== 0)) return;
  const where = `(pod: "${metadata?.name}_${metadata?.namespace}(${metadata?.uid})", container: ${name})`;
  const what =
    uid === 0
      ? "container's runAsUser breaks non-root policy"
      : 'container has runAsNonRoot and image will run as root';
  throw new ContainerConfigError(`${what} ${where}`);
}

/** The ports a stand-in serves. */
export function portsOf(container: Container): ContainerSpec['ports'] {
  return (container.ports ?? []).map(({ containerPort, protocol = 'TCP' }) => ({
    port: containerPort,
    protocol: protocol as 'TCP' | 'UDP' | 'SCTP',
  }));
}

function isAgnhost(behaviour: ImageBehaviour): boolean {
  return 'standIn' in behaviour && behaviour.standIn === 'agnhost';
}
