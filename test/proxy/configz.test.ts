import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import type { NamespaceSockets } from '../../src/kernel/kernel.ts';
import { RecordingKernel } from '../../src/kernel/recording-kernel.ts';
import { normalised } from '../../src/lab/proxy-config/normalise.ts';
import { parseProxyConfig } from '../../src/lab/proxy-config/read.ts';
import { KubeProxy } from '../../src/proxy/kube-proxy.ts';
import type { ProxyConfig } from '../../src/proxy/proxy-config.ts';
import { MemoryTransport } from '../support/memory-transport.ts';
import { NODE } from './fixtures.ts';

/** Servers of a node listen on loopback, at ports of their own. */
class LoopbackKernel extends RecordingKernel {
  readonly ports = new Map<number, number>();

  override get sockets(): NamespaceSockets {
    const refused = () => {
      throw new Error('no such socket here');
    };
    return {
      bindUdp: refused,
      connect: refused,
      listen: async (_netns, server, { port }) => {
        server.listen(0, '127.0.0.1');
        await once(server, 'listening');
        this.ports.set(port, (server.address() as AddressInfo).port);
      },
    };
  }
}

const open: KubeProxy[] = [];

async function started(config?: ProxyConfig) {
  const kernel = new LoopbackKernel();
  const log = { info: () => undefined, warn: () => undefined, error: () => undefined };
  const place = { nodeName: NODE, netns: 't.node-1', nodeIPs: ['192.168.1.11'], clusterCIDRs: ['10.244.0.0/16'] };
  const options = config === undefined ? {} : { config };
  const proxy = new KubeProxy({
    ...place,
    mode: 'iptables',
    transport: new MemoryTransport(),
    kernel,
    log,
    ...options,
  });
  open.push(proxy);
  await proxy.start();
  return (path: string) => fetch(`http://127.0.0.1:${kernel.ports.get(10_249)}${path}`);
}

afterEach(async () => {
  for (const proxy of open.splice(0)) await proxy.stop();
});

describe('/configz', () => {
  it('is the configuration that is gone by, defaults and all', async () => {
    const text =
      'apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\n' +
      'iptables: {masqueradeAll: true, minSyncPeriod: 200ms}\nconntrack: {tcpEstablishedTimeout: 2h}\n';
    const get = await started(normalised(parseProxyConfig(text, 'kp.yaml').options));
    const response = await get('/configz');
    expect(response.headers.get('content-type')).toBe('application/json');
    expect(await response.json()).toEqual({
      'kubeproxy.config.k8s.io': {
        apiVersion: 'kubeproxy.config.k8s.io/v1alpha1',
        kind: 'KubeProxyConfiguration',
        bindAddress: '0.0.0.0',
        clusterCIDR: '10.244.0.0/16',
        conntrack: {
          maxPerCore: 32_768,
          min: 131_072,
          tcpBeLiberal: false,
          tcpCloseWaitTimeout: '1h0m0s',
          tcpEstablishedTimeout: '2h0m0s',
          udpStreamTimeout: '0s',
          udpTimeout: '0s',
        },
        detectLocal: { bridgeInterface: '', interfaceNamePrefix: '' },
        detectLocalMode: 'ClusterCIDR',
        healthzBindAddress: '0.0.0.0:10256',
        iptables: {
          localhostNodePorts: true,
          masqueradeAll: true,
          masqueradeBit: 14,
          minSyncPeriod: '200ms',
          syncPeriod: '30s',
        },
        ipvs: {
          excludeCIDRs: [],
          minSyncPeriod: '0s',
          scheduler: 'rr',
          strictARP: false,
          syncPeriod: '30s',
          tcpFinTimeout: '0s',
          tcpTimeout: '0s',
          udpTimeout: '0s',
        },
        metricsBindAddress: '127.0.0.1:10249',
        mode: 'iptables',
        nftables: { masqueradeAll: false, masqueradeBit: 14, minSyncPeriod: '1s', syncPeriod: '30s' },
        nodePortAddresses: [],
      },
    });
    expect(await (await get('/proxyMode')).text()).toBe('iptables');
  });

  it('is not there where none was given', async () => {
    const get = await started();
    expect((await get('/configz')).status).toBe(404);
  });
});
