/** Ingresses and what they name, for the planner's tests. */
import type { IngressSources } from '../../src/ingress/plan-ingress.ts';
import type { Endpoint, EndpointSlice, Ingress, Secret, Service } from '../../src/objects/wire.ts';

export type Rule = NonNullable<NonNullable<Ingress['spec']>['rules']>[number];

let age = 0;

/** An Ingress of namespace `shop`, younger than those made before it. */
export function ingress(name: string, spec: NonNullable<Ingress['spec']>): Ingress {
  age += 1;
  const creationTimestamp = new Date(Date.UTC(2026, 0, 1, 0, 0, age)).toISOString();
  return { metadata: { name, namespace: 'shop', uid: name, generation: 1, creationTimestamp }, spec };
}

export const backend = (name: string, port: number | string = 80) => ({
  service: { name, port: typeof port === 'number' ? { number: port } : { name: port } },
});

/** A host with paths (`/api`, or `Exact /api`), each to the Service of that name. */
export function rule(host: string, ...paths: readonly (readonly [string, string])[]): Rule {
  return {
    ...(host === '' ? {} : { host }),
    http: {
      paths: paths.map(([text, to]) => {
        const [pathType, path] = text.includes(' ') ? text.split(' ') : ['Prefix', text];
        return { path: path!, pathType: pathType!, backend: backend(to) };
      }),
    },
  };
}

export function service(
  name: string,
  ports: NonNullable<NonNullable<Service['spec']>['ports']> = [{ port: 80 }],
): Service {
  return { metadata: { name, namespace: 'shop' }, spec: { ports } };
}

export function slice(
  name: string,
  addresses: readonly string[],
  conditions: NonNullable<Endpoint['conditions']> = { ready: true },
  port: { readonly name?: string; readonly port: number } = { port: 8080 },
): EndpointSlice {
  return {
    metadata: { name: `${name}-1`, namespace: 'shop', labels: { 'kubernetes.io/service-name': name } },
    addressType: 'IPv4',
    ports: [port],
    endpoints: addresses.map((address) => ({ addresses: [address], conditions })),
  };
}

/** What the planner finds. */
export function sources(
  services: readonly Service[],
  slices: readonly EndpointSlice[] = [],
  secrets: readonly Secret[] = [],
): IngressSources {
  const isNamed = (wanted: string) => (each: Service | Secret) =>
    `${each.metadata?.namespace}/${each.metadata?.name}` === wanted;
  return {
    service: (wanted) => services.find(isNamed(wanted)),
    slices: (wanted) =>
      slices.filter(({ metadata }) => `shop/${metadata?.labels?.['kubernetes.io/service-name']}` === wanted),
    secret: (wanted) => secrets.find(isNamed(wanted)),
  };
}
