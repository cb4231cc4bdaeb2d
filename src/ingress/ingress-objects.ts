/**
 * What the Ingress controller consists of in the cluster: the IngressClass every lab begins with, and what is installed with the first
 * Ingress of it: a namespace, an account, a Deployment, and the LoadBalancer Service in front. Shaped like ingress-nginx's manifest
 * (kubernetes/ingress-nginx, deploy/static/provider/cloud/deploy.yaml). Pure.
 */
import type { Deployment, IngressClass, Namespace, Service, ServiceAccount } from '../objects/wire.ts';

export const INGRESS_NAMESPACE = 'ingress-haproxy';
/** `spec.controller` of its IngressClasses. */
export const INGRESS_CONTROLLER = 'podwire.dev/ingress-haproxy';
export const HTTP_PORT = 80;
export const HTTPS_PORT = 443;
export const HEALTHZ_PORT = 10_254;

const NAME = 'ingress-haproxy-controller';
const IMAGE = 'registry.k8s.io/ingress-haproxy/controller:v1';
const LABELS = {
  'app.kubernetes.io/name': 'ingress-haproxy',
  'app.kubernetes.io/component': 'controller',
};

/** The class of Ingresses that name none. */
export function ingressClass(): IngressClass {
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'IngressClass',
    metadata: { name: 'haproxy', annotations: { 'ingressclass.kubernetes.io/is-default-class': 'true' } },
    spec: { controller: INGRESS_CONTROLLER },
  };
}

export function ingressNamespace(): Namespace {
  return { apiVersion: 'v1', kind: 'Namespace', metadata: { name: INGRESS_NAMESPACE } };
}

export function ingressServiceAccount(): ServiceAccount {
  return { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: NAME, namespace: INGRESS_NAMESPACE } };
}

/** `program`: the controller's command, as it lies in a container. */
export function ingressDeployment(program: readonly string[]): Deployment {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: NAME, namespace: INGRESS_NAMESPACE, labels: LABELS },
    spec: {
      replicas: 1,
      selector: { matchLabels: LABELS },
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } },
      template: {
        metadata: { labels: LABELS },
        spec: {
          serviceAccountName: NAME,
          containers: [
            {
              name: 'controller',
              image: IMAGE,
              command: [...program],
              args: [`--controller=${INGRESS_CONTROLLER}`, `--publish-service=${INGRESS_NAMESPACE}/${NAME}`],
              ports: [
                { name: 'http', containerPort: HTTP_PORT, protocol: 'TCP' },
                { name: 'https', containerPort: HTTPS_PORT, protocol: 'TCP' },
              ],
              readinessProbe: { httpGet: { path: '/healthz', port: HEALTHZ_PORT }, periodSeconds: 1 },
              securityContext: {
                capabilities: { drop: ['ALL'], add: ['NET_BIND_SERVICE', 'SETUID', 'SETGID', 'KILL'] },
              },
            },
          ],
        },
      },
    },
  };
}

export function ingressService(): Service {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: NAME, namespace: INGRESS_NAMESPACE, labels: LABELS },
    spec: {
      type: 'LoadBalancer',
      selector: LABELS,
      ports: [
        { name: 'http', port: HTTP_PORT, protocol: 'TCP', targetPort: 'http' },
        { name: 'https', port: HTTPS_PORT, protocol: 'TCP', targetPort: 'https' },
      ],
    },
  };
}
