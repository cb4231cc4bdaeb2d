/** Stage: the API server: its store and registry. */
import { DefinitionIndex } from '../../api/definition-index.ts';
import { InProcessTransport } from '../../api/in-process-transport.ts';
import { applyPatch } from '../../api/patch/index.ts';
import { createRegistry } from '../../api/registry.ts';
import { Store } from '../../api/store/store.ts';
import type { Transport } from '../../objects/transport.ts';
import type { DaemonContext } from './daemon-context.ts';

export interface OpenApi {
  /** For what stands in the control plane's own process. */
  readonly transport: Transport;
}

/** Makes the API of the lab. */
export async function openApi({ plan }: DaemonContext): Promise<OpenApi> {
  const registry = createRegistry({
    serviceCIDRs: [plan.serviceSubnet, ...plan.additionalServiceCIDRs],
    certificateAuthority: '',
  });
  const definitions = new DefinitionIndex(registry.definitions);
  return { transport: new InProcessTransport({ store: new Store(), definitions, applyPatch }) };
}
