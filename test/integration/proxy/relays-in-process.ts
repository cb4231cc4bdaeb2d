/** A relay process within this one, for tests of kube-proxy. */
import type { NamespaceSockets } from '../../../src/kernel/kernel.ts';
import { channelPair } from '../../../src/node/standins/channel-pair.ts';
import { RelayClient } from '../../../src/proxy/userspace/relay-client.ts';
import { runRelayProcess } from '../../../src/proxy/userspace/relay-process.ts';

/** Its relays are closed `lingerMs` after the last rule to them is gone. */
export function relaysInProcess(sockets: NamespaceSockets, lingerMs = 100): RelayClient {
  const process = runRelayProcess(sockets, lingerMs);
  return new RelayClient(async () => {
    const [near, far] = channelPair();
    process.serve(far);
    return near;
  });
}
