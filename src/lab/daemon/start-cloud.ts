/** Starts what stands for the cloud: the controller of LoadBalancer Services, and behind it the load balancer in its namespace. */
import { mkdirSync, readFileSync } from 'node:fs';
import { LoadBalancer } from '../../cloud/load-balancer.ts';
import { ServiceController } from '../../cloud/service-controller.ts';
import { Haproxy } from '../../haproxy/haproxy.ts';
import { isInstalled } from '../../kernel/packages.ts';
import { listProcesses, type ProcessIdentity } from '../../kernel/processes.ts';
import type { Transport } from '../../objects/transport.ts';
import type { DaemonContext } from './daemon-context.ts';
import { componentLogger } from './logger.ts';

/** Once the lab is ready, since nobody waits for it; nothing is made in the kernel before the first such Service. */
export function startCloud(context: DaemonContext, transport: Transport): void {
  const { plan, kernel } = context;
  const { loadBalancer } = plan;
  // A cluster that was joined has a cloud of its own, or none.
  if (loadBalancer === undefined || plan.remote?.controlPlane === false) return;
  const { netns, ip } = loadBalancer.host;
  const log = componentLogger('load balancer');
  const balancer = new LoadBalancer({
    kernel,
    netns,
    address: ip,
    gateway: plan.gateway.netns,
    blocks: loadBalancer.addresses,
    ...(isInstalled('haproxy') ? { haproxy: haproxyIn(context, netns) } : {}),
    log,
  });
  const controller = new ServiceController({
    transport,
    blocks: loadBalancer.addresses,
    takesOver: context.former !== undefined,
    balance: (services) => balancer.balance(services),
    log,
  });
  controller.start().catch((error: unknown) => log.error('cannot be started', { error: String(error) }));
}

function haproxyIn({ kernel, directory, former }: DaemonContext, netns: string): Haproxy {
  mkdirSync(directory.loadBalancer, { recursive: true, mode: 0o700 });
  return new Haproxy({
    spawn: (argv) => kernel.spawn(netns, argv),
    directory: directory.loadBalancer,
    log: componentLogger('haproxy'),
    former: former === undefined ? [] : haproxiesIn(kernel.namespaceInode(netns)),
  });
}

/** Those a daemon that died has left in the namespace: they have gone on serving. */
function haproxiesIn(inode: number): ProcessIdentity[] {
  return listProcesses().filter(({ pid, netns }) => netns === inode && nameOf(pid) === 'haproxy');
}

function nameOf(pid: number): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/comm`, 'utf8').trim();
  } catch {
    return undefined; // ended meanwhile
  }
}
