import { describe, expect, it } from 'vitest';
import { formatServicePortName, type ServicePortName } from '../../../../src/objects/service-port-view.ts';
import {
  endpointChainName,
  isServiceChain,
  serviceChainNames,
} from '../../../../src/proxy/backends/iptables/chain-names.ts';

function named(namespace: string, name: string, port: string, protocol: ServicePortName['protocol'] = 'TCP') {
  const words = { namespace, name, port, protocol };
  return { name: words, nameString: formatServicePortName(words) };
}

describe('chain names', () => {
  it("are kube-proxy's hashes", () => {
    expect(serviceChainNames(named('ns1', 'svc1', 'p80'))).toEqual({
      cluster: 'KUBE-SVC-XPGD46QRK7WJZT7O',
      local: 'KUBE-SVL-XPGD46QRK7WJZT7O',
      external: 'KUBE-EXT-XPGD46QRK7WJZT7O',
      firewall: 'KUBE-FW-XPGD46QRK7WJZT7O',
    });
    expect(endpointChainName(named('ns1', 'svc1', 'p80'), { address: '10.180.0.1:80' })).toBe(
      'KUBE-SEP-SXIVWICOYRO3J4NJ',
    );
    expect(serviceChainNames(named('default', 'kubernetes', 'https')).cluster).toBe('KUBE-SVC-NPX46M4PTMTKRN6Y');
    expect(serviceChainNames(named('kube-system', 'kube-dns', 'dns', 'UDP')).cluster).toBe('KUBE-SVC-TCOU7JCQXEZGVUNU');
  });

  it('tell chains of Services from the fixed ones', () => {
    expect(isServiceChain('KUBE-SVC-XPGD46QRK7WJZT7O')).toBe(true);
    expect(isServiceChain('KUBE-FW-XPGD46QRK7WJZT7O')).toBe(true);
    expect(isServiceChain('KUBE-SERVICES')).toBe(false);
    expect(isServiceChain('KUBE-FIREWALL')).toBe(false);
  });
});
