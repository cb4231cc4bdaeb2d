/** Starts what installs the Ingress controller when an Ingress wants one. */
import { IngressInstaller } from '../../ingress/ingress-installer.ts';
import { installCommand, isInstalled } from '../../kernel/packages.ts';
import type { Transport } from '../../objects/transport.ts';
import { ingressCommand } from '../programs.ts';
import type { DaemonContext } from './daemon-context.ts';
import { componentLogger } from './logger.ts';

/** Once the lab is ready, since nobody waits for it. */
export function startIngress({ plan }: DaemonContext, transport: Transport): void {
  if (plan.ingress === 'none') return;
  const log = componentLogger('ingress installer');
  const installer = new IngressInstaller({
    transport,
    program: ingressCommand(),
    missing: () =>
      isInstalled('haproxy')
        ? undefined
        : `HAProxy is not installed on this machine, so no Ingress controller can run: ${installCommand('haproxy')}`,
    log,
  });
  installer.start().catch((error: unknown) => log.error('cannot be started', { error: String(error) }));
}
