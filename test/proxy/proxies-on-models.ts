/** kube-proxies for unit tests: on kernels that are models, without sockets, silent; each is stopped after its test. */
import { afterEach } from 'vitest';
import { KubeProxy } from '../../src/proxy/kube-proxy.ts';
import type { KubeProxyOptions } from '../../src/proxy/kube-proxy-options.ts';
import { MemoryTransport } from '../support/memory-transport.ts';
import { NODE } from './fixtures.ts';

const silent = () => undefined;

type Given = Pick<KubeProxyOptions, 'kernel' | 'mode'> &
  Partial<Omit<KubeProxyOptions, 'transport'>> & { readonly transport?: MemoryTransport };

/** Called once in a file of tests; what it returns makes a kube-proxy that is not yet started, and the API it asks if none is given. */
export function proxiesOnModels() {
  const open: KubeProxy[] = [];
  afterEach(async () => {
    for (const proxy of open.splice(0)) await proxy.stop();
  });
  return (given: Given) => {
    const { transport = new MemoryTransport() } = given;
    const proxy = new KubeProxy({
      nodeName: NODE,
      netns: 't.node-1',
      nodeIPs: ['192.168.1.11'],
      clusterCIDRs: ['10.244.0.0/16'],
      log: { info: silent, warn: silent, error: silent },
      serveHealth: false,
      ...given,
      transport,
    });
    open.push(proxy);
    return { transport, proxy };
  };
}
