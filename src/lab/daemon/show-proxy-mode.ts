/** Has the ConfigMap kube-system/kube-proxy say the mode that all nodes have been changed to. */
import { CONFIG_MAPS } from '../../objects/resource.ts';
import { hasReason, type Transport } from '../../objects/transport.ts';
import { PROXY_CONFIG_MAP, withProxyMode } from '../proxy-objects.ts';
import type { ProxySwitch } from '../proxy-switch.ts';
import { componentLogger } from './logger.ts';

/** The mode is changed, whatever becomes of its notice: never rejects. */
export async function showProxyMode(transport: Transport, { mode, scheduler }: ProxySwitch): Promise<void> {
  try {
    const map = await transport.get(CONFIG_MAPS, PROXY_CONFIG_MAP);
    await transport.patch(CONFIG_MAPS, PROXY_CONFIG_MAP, 'merge', { data: withProxyMode(map, mode, scheduler).data });
  } catch (error) {
    // Its user may have deleted it.
    if (!hasReason(error, 'NotFound'))
      componentLogger('kube-proxy').warn('cannot note the mode in the ConfigMap kube-system/kube-proxy', { error });
  }
}
