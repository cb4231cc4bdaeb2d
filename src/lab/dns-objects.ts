/**
 * The cluster DNS as kubeadm installs it (kubernetes/cmd/kubeadm/app/phases/addons/dns/manifests.go): ServiceAccount, Corefile, two
 * CoreDNS pods behind `kube-dns` at the tenth Service address. Pure.
 */
import type { ConfigMap, Deployment, Service, ServiceAccount } from '../objects/wire.ts';
import type { LabPlan } from './plan-lab.ts';

/** The image whose stand-in is the lab's DNS server; the version kubeadm 1.36 installs. */
const DNS_IMAGE = 'registry.k8s.io/coredns/coredns:v1.14.2';
const NAMESPACE = 'kube-system';
const LABELS = { 'k8s-app': 'kube-dns' };

/** Made before anything else can take its address. */
export function dnsService(plan: LabPlan): Service {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: {
      name: 'kube-dns',
      namespace: NAMESPACE,
      labels: { ...LABELS, 'kubernetes.io/cluster-service': 'true', 'kubernetes.io/name': 'CoreDNS' },
      annotations: { 'prometheus.io/port': '9153', 'prometheus.io/scrape': 'true' },
    },
    spec: {
      clusterIP: plan.dnsServiceIp,
      selector: LABELS,
      ports: [
        { name: 'dns', port: 53, protocol: 'UDP', targetPort: 53 },
        { name: 'dns-tcp', port: 53, protocol: 'TCP', targetPort: 53 },
        { name: 'metrics', port: 9153, protocol: 'TCP', targetPort: 9153 },
      ],
    },
  };
}

export function dnsServiceAccount(): ServiceAccount {
  return { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'coredns', namespace: NAMESPACE } };
}

/** kubeadm's Corefile: `pods insecure`, a TTL of 30 seconds, other names to the node's own resolver. */
export function dnsConfigMap({ dnsDomain }: LabPlan): ConfigMap {
  const Corefile = `.:53 {
    errors
    health {
       lameduck 5s
    }
    ready
    kubernetes ${dnsDomain} in-addr.arpa ip6.arpa {
       pods insecure
       fallthrough in-addr.arpa ip6.arpa
       ttl 30
    }
    prometheus :9153
    forward . /etc/resolv.conf {
       max_concurrent 1000
    }
    cache 30 {
       disable success ${dnsDomain}
       disable denial ${dnsDomain}
    }
    loop
    reload
    loadbalance
}
`;
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'coredns', namespace: NAMESPACE },
    data: { Corefile },
  };
}

export function dnsDeployment({ coreDns }: LabPlan): Deployment {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'coredns', namespace: NAMESPACE, labels: LABELS },
    spec: {
      replicas: 2,
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 1 } },
      selector: { matchLabels: LABELS },
      template: { metadata: { labels: LABELS }, spec: dnsPodSpec(coreDns) },
    },
  };
}

/** `program`: CoreDNS itself, where it is to run instead of its stand-in. */
function dnsPodSpec(program: string | undefined): NonNullable<Deployment['spec']>['template']['spec'] {
  return {
    serviceAccountName: 'coredns',
    priorityClassName: 'system-cluster-critical',
    // The node's own resolver: the DNS server must not ask itself.
    dnsPolicy: 'Default',
    nodeSelector: { 'kubernetes.io/os': 'linux' },
    // kubeadm also tolerates the control plane's taint, since it installs the DNS before there are workers. Here they are
    // there, and a control plane without pods is worth seeing: a NodePort answers on it all the same.
    tolerations: [{ key: 'CriticalAddonsOnly', operator: 'Exists' }],
    containers: [
      {
        name: 'coredns',
        image: DNS_IMAGE,
        ...(program === undefined ? {} : { command: [program] }),
        args: ['-conf', '/etc/coredns/Corefile'],
        ports: [
          { name: 'dns', containerPort: 53, protocol: 'UDP' },
          { name: 'dns-tcp', containerPort: 53, protocol: 'TCP' },
          { name: 'metrics', containerPort: 9153, protocol: 'TCP' },
        ],
        volumeMounts: [{ name: 'config-volume', mountPath: '/etc/coredns', readOnly: true }],
        securityContext: {
          allowPrivilegeEscalation: false,
          capabilities: { add: ['NET_BIND_SERVICE'], drop: ['ALL'] },
          readOnlyRootFilesystem: true,
        },
        livenessProbe: {
          httpGet: { path: '/health', port: 8080 },
          ...{ initialDelaySeconds: 60, timeoutSeconds: 5, failureThreshold: 5 },
        },
        readinessProbe: { httpGet: { path: '/ready', port: 8181 } },
      },
    ],
    volumes: [
      { name: 'config-volume', configMap: { name: 'coredns', items: [{ key: 'Corefile', path: 'Corefile' }] } },
    ],
  };
}
