/**
 * One case of `kubectl apply`: what was applied last, what others have made of the live object since, what is applied now,
 * and the parts of the object afterwards, worked out by hand from the rules of the three-way merge: what is new or
 * different is set, what was applied and is no longer stated goes, everything else stays as it is.
 */
export interface ThreeWayCase {
  readonly what: string;
  readonly last: Manifest;
  /** What others change of the live object, as a strategic merge patch. */
  readonly live?: object;
  readonly next: Manifest;
  /** Parts by path (`spec.template.spec.containers.0.env`); undefined: it is not there. */
  readonly result: Readonly<Record<string, unknown>>;
}

/** Without name and namespace: the test gives them. */
export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata?: object;
  readonly [member: string]: unknown;
}

export function service(spec: object, metadata: object = {}): Manifest {
  return { apiVersion: 'v1', kind: 'Service', metadata, spec };
}

export function configMap(data: object | undefined, metadata: object = {}): Manifest {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata, ...(data === undefined ? {} : { data }) };
}

/** A Deployment; `spec` beside its selector and its template with these containers and other parts of the pod. */
export function deployment(pod: object, spec: object = {}, metadata: object = {}): Manifest {
  const template = { metadata: { labels: { app: 'x' } }, spec: { containers: [container()], ...pod } };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata,
    spec: { selector: { matchLabels: { app: 'x' } }, template, ...spec },
  };
}

export function container(fields: object = {}): object {
  return { name: 'main', image: 'nginx', ...fields };
}

/** A Deployment of one container with these fields. */
export function main(fields: object): Manifest {
  return deployment({ containers: [container(fields)] });
}

/** A change of a Deployment's pod by others. */
export function podChange(pod: object): object {
  return { spec: { template: { spec: pod } } };
}

export const POD = 'spec.template.spec';
export const MAIN = `${POD}.containers.0`;
