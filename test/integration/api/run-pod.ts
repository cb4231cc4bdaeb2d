/** Has a pod run, as a scheduler and a kubelet would. */
import type { InProcessTransport } from '../../../src/api/in-process-transport.ts';
import { PODS } from '../../../src/objects/resource.ts';
import type { Pod } from '../../../src/objects/wire.ts';

export async function runPod(transport: InProcessTransport, name: string, podIP?: string): Promise<void> {
  const key = { namespace: 'default', name };
  const binding = { metadata: key, target: { name: 'node-1' } } as unknown as Pod;
  await transport.create(PODS, binding, { subresource: 'binding' });
  const status = {
    phase: 'Running',
    conditions: [{ type: 'Ready', status: 'True' }],
    containerStatuses: [{ name: 'main', ready: true, state: { running: {} } }],
    ...(podIP === undefined ? {} : { podIP, podIPs: [{ ip: podIP }] }),
  };
  await transport.patch(PODS, key, 'merge', { status }, { subresource: 'status' });
}
