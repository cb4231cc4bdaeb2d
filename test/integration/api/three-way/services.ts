/** Services: ports by port and protocol, what the server has allocated, selectors. */
import { service, type ThreeWayCase } from './case.ts';

const tcp = (port: number, more: object = {}) => ({ port, protocol: 'TCP', targetPort: port, ...more });
const udp = (port: number, more: object = {}) => ({ port, protocol: 'UDP', targetPort: port, ...more });
const two = [
  { name: 'http', port: 80 },
  { name: 'https', port: 443 },
];
const twoStored = [tcp(80, { name: 'http' }), tcp(443, { name: 'https' })];

export const SERVICES: readonly ThreeWayCase[] = [
  {
    what: 'the same again changes nothing',
    last: service({ ports: two }),
    next: service({ ports: two }),
    result: { 'spec.ports': twoStored },
  },
  {
    what: 'a port more',
    last: service({ ports: two.slice(0, 1) }),
    next: service({ ports: two }),
    result: { 'spec.ports': twoStored },
  },
  {
    what: 'a port more in front',
    last: service({ ports: two.slice(1) }),
    next: service({ ports: two }),
    result: { 'spec.ports': twoStored },
  },
  {
    what: 'a port less',
    last: service({ ports: two }),
    next: service({ ports: two.slice(1) }),
    result: { 'spec.ports': twoStored.slice(1) },
  },
  {
    what: 'ports the other way round',
    last: service({ ports: two }),
    next: service({ ports: two.toReversed() }),
    result: { 'spec.ports': twoStored.toReversed() },
  },
  {
    what: 'a port somebody else has added stays',
    last: service({ ports: two.slice(0, 1) }),
    live: { spec: { ports: [{ name: 'other', port: 8080, protocol: 'TCP', targetPort: 8080 }] } },
    next: service({ ports: two }),
    result: { 'spec.ports': [tcp(8080, { name: 'other' }), ...twoStored] },
  },
  {
    what: 'a port’s target changes, its other fields stay',
    last: service({ ports: [{ port: 80, targetPort: 8080 }] }),
    live: { spec: { ports: [{ port: 80, appProtocol: 'http' }] } },
    next: service({ ports: [{ port: 80, targetPort: 9090 }] }),
    result: { 'spec.ports': [tcp(80, { targetPort: 9090, appProtocol: 'http' })] },
  },
  {
    what: 'a port’s target is stated no longer: its default comes back',
    last: service({ ports: [{ port: 80, targetPort: 8080 }] }),
    next: service({ ports: [{ port: 80 }] }),
    result: { 'spec.ports': [tcp(80)] },
  },
  {
    what: 'a named target becomes a number',
    last: service({ ports: [{ port: 80, targetPort: 'web' }] }),
    next: service({ ports: [{ port: 80, targetPort: 8080 }] }),
    result: { 'spec.ports': [tcp(80, { targetPort: 8080 })] },
  },
  {
    what: 'a port changes its number: the old one goes',
    last: service({ ports: [{ name: 'http', port: 80 }] }),
    next: service({ ports: [{ name: 'http', port: 81 }] }),
    result: { 'spec.ports': [tcp(81, { name: 'http' })] },
  },
  {
    // kubectl tells ports apart by their number alone (kubernetes#39188); server-side apply does not.
    what: 'a second protocol of the same port is lost, as with any server',
    last: service({ ports: [{ name: 'dns-tcp', port: 53, protocol: 'TCP' }] }),
    next: service({
      ports: [
        { name: 'dns-tcp', port: 53, protocol: 'TCP' },
        { name: 'dns', port: 53, protocol: 'UDP' },
      ],
    }),
    result: { 'spec.ports': [tcp(53, { name: 'dns-tcp' })] },
  },
  {
    what: 'one port in two protocols, and another port changes',
    last: service({
      ports: [
        { name: 'dns', port: 53, protocol: 'UDP' },
        { name: 'dns-tcp', port: 53, protocol: 'TCP' },
        { name: 'm', port: 9153 },
      ],
    }),
    next: service({
      ports: [
        { name: 'dns', port: 53, protocol: 'UDP' },
        { name: 'dns-tcp', port: 53, protocol: 'TCP' },
        { name: 'm', port: 9153, targetPort: 'metrics' },
      ],
    }),
    result: {
      'spec.ports': [
        udp(53, { name: 'dns' }),
        tcp(53, { name: 'dns-tcp' }),
        tcp(9153, { name: 'm', targetPort: 'metrics' }),
      ],
    },
  },
  {
    what: 'a key of the selector is exchanged',
    last: service({ selector: { app: 'a', track: 'stable' }, ports: [{ port: 80 }] }),
    next: service({ selector: { app: 'a', version: 'v2' }, ports: [{ port: 80 }] }),
    result: { 'spec.selector': { app: 'a', version: 'v2' } },
  },
  {
    what: 'a key somebody else has added to the selector stays',
    last: service({ selector: { app: 'a' }, ports: [{ port: 80 }] }),
    live: { spec: { selector: { zone: 'b' } } },
    next: service({ selector: { app: 'c' }, ports: [{ port: 80 }] }),
    result: { 'spec.selector': { app: 'c', zone: 'b' } },
  },
  {
    what: 'the selector is stated no longer',
    last: service({ selector: { app: 'a' }, ports: [{ port: 80 }] }),
    next: service({ ports: [{ port: 80 }] }),
    result: { 'spec.selector': undefined },
  },
  {
    what: 'the type becomes NodePort',
    last: service({ ports: [{ port: 80 }] }),
    next: service({ type: 'NodePort', ports: [{ port: 80, nodePort: 30123 }] }),
    result: {
      'spec.type': 'NodePort',
      'spec.ports': [tcp(80, { nodePort: 30123 })],
      'spec.externalTrafficPolicy': 'Cluster',
    },
  },
  {
    what: 'the type NodePort is stated no longer: ClusterIP, without a node port',
    last: service({ type: 'NodePort', ports: [{ port: 80, nodePort: 30124 }] }),
    next: service({ ports: [{ port: 80 }] }),
    result: { 'spec.type': 'ClusterIP', 'spec.ports': [tcp(80)] },
  },
  {
    what: 'an allocated node port outlives an apply that says nothing of it',
    last: service({ type: 'NodePort', ports: [{ port: 80 }] }),
    live: { spec: { ports: [{ port: 80, nodePort: 30125 }] } },
    next: service({ type: 'NodePort', ports: [{ port: 80, name: 'http' }] }),
    result: { 'spec.ports': [tcp(80, { name: 'http', nodePort: 30125 })] },
  },
  {
    what: 'an atomic list is replaced as a whole',
    last: service({ externalIPs: ['192.0.2.1', '192.0.2.2'], ports: [{ port: 80 }] }),
    live: { spec: { externalIPs: ['192.0.2.9'] } },
    next: service({ externalIPs: ['192.0.2.2', '192.0.2.3'], ports: [{ port: 80 }] }),
    result: { 'spec.externalIPs': ['192.0.2.2', '192.0.2.3'] },
  },
  {
    what: 'session affinity with its time, then without',
    last: service({
      sessionAffinity: 'ClientIP',
      sessionAffinityConfig: { clientIP: { timeoutSeconds: 60 } },
      ports: [{ port: 80 }],
    }),
    next: service({ sessionAffinity: 'None', ports: [{ port: 80 }] }),
    result: { 'spec.sessionAffinity': 'None', 'spec.sessionAffinityConfig': undefined },
  },
  {
    what: 'a null states that the field is not wanted',
    last: service({ sessionAffinity: 'ClientIP', ports: [{ port: 80 }] }),
    next: service({ sessionAffinity: null, sessionAffinityConfig: null, ports: [{ port: 80 }] }),
    result: { 'spec.sessionAffinity': 'None' },
  },
];
