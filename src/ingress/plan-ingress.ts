/**
 * From Ingresses to routes: hosts, paths, default backends, certificates. Pure. Of two Ingresses that say something of the same host and
 * path the older counts, and the other is told so.
 *
 * Source: the Ingress API's own description (paths, path types, wildcard hosts, default backend).
 */
import type { Ingress, IngressBackend, Secret } from '../objects/wire.ts';
import {
  ANY_HOST,
  type Backend,
  type Certificate,
  type Complaint,
  type IngressPlan,
  type Route,
  type Site,
} from './ingress-plan.ts';
import { pemOf } from './tls-secret.ts';
import { BackendProblem, backendName, backendOf, type Upstreams } from './upstreams.ts';

export interface IngressSources extends Upstreams {
  /** By `namespace/name`. */
  secret(key: string): Secret | undefined;
}

type HttpPath = NonNullable<NonNullable<NonNullable<Ingress['spec']>['rules']>[number]['http']>['paths'][number];

interface Draft {
  readonly host: string;
  readonly routes: Map<string, Route>;
  fallback?: string;
}

/** The plan for these Ingresses, the oldest first. */
export function planIngress(ingresses: readonly Ingress[], sources: IngressSources): IngressPlan {
  const planner = new Planner(sources);
  for (const ingress of ingresses) planner.add(ingress);
  return planner.plan(ingresses);
}

class Planner {
  readonly #sources: IngressSources;
  readonly #sites = new Map<string, Draft>();
  readonly #backends = new Map<string, Backend>();
  readonly #certificates = new Map<string, Certificate>();
  readonly #complaints: Complaint[] = [];

  constructor(sources: IngressSources) {
    this.#sources = sources;
  }

  add(ingress: Ingress): void {
    const { rules = [], defaultBackend } = ingress.spec ?? {};
    const fallback = defaultBackend === undefined ? undefined : this.#backend(ingress, defaultBackend);
    for (const { host = '', http } of rules) {
      const site = this.#site(host);
      if (fallback !== undefined) site.fallback ??= fallback;
      for (const path of http?.paths ?? []) this.#addPath(ingress, site, path);
    }
    this.#addCertificates(ingress);
  }

  plan(ingresses: readonly Ingress[]): IngressPlan {
    // One that says nothing but a default backend says it for all; else the oldest that has one does.
    const withDefault = ingresses.filter(({ spec }) => spec?.defaultBackend !== undefined);
    const chosen = withDefault.find(({ spec }) => (spec?.rules ?? []).length === 0) ?? withDefault[0];
    const fallback =
      chosen === undefined
        ? {}
        : { fallback: backendName(chosen.metadata?.namespace ?? '', chosen.spec!.defaultBackend!) };
    return {
      sites: [...this.#sites.values()].map(
        (draft): Site => ({
          host: draft.host,
          routes: [...draft.routes.values()],
          ...(draft.fallback === undefined ? {} : { fallback: draft.fallback }),
        }),
      ),
      backends: [...this.#backends.values()],
      certificates: [...this.#certificates.values()],
      ...fallback,
      complaints: this.#complaints,
    };
  }

  #site(host: string): Draft {
    const key = host === '' ? ANY_HOST : host.toLowerCase();
    const known = this.#sites.get(key);
    if (known !== undefined) return known;
    const draft: Draft = { host: key, routes: new Map() };
    this.#sites.set(key, draft);
    return draft;
  }

  #addPath(ingress: Ingress, site: Draft, { path: text = '', pathType, backend }: HttpPath): void {
    // Implementation specific: here as Prefix, as ingress-nginx and HAProxy's own controller have it.
    const kind = pathType === 'Exact' ? 'Exact' : 'Prefix';
    const written = text === '' ? '/' : text;
    const path = kind === 'Prefix' ? written.replace(/\/+$/, '') : written;
    const key = `${kind} ${path}`;
    if (/[\s\p{Cc}]/u.test(written)) {
      const message = `path ${JSON.stringify(written)} holds white space: no request has such a path`;
      this.#complain(ingress, 'InvalidPath', message);
    } else if (site.routes.has(key)) {
      const message = `${kind} path "${written}" of host "${site.host}" is another rule’s already, which is older or stands before it`;
      this.#complain(ingress, 'Conflict', message);
    } else {
      site.routes.set(key, { kind, path, backend: this.#backend(ingress, backend) });
    }
  }

  /** Its name. A backend that is of no use has no servers. */
  #backend(ingress: Ingress, backend: IngressBackend): string {
    const namespace = ingress.metadata?.namespace ?? '';
    const name = backendName(namespace, backend);
    try {
      this.#backends.set(name, backendOf(namespace, backend, this.#sources));
    } catch (error) {
      if (!(error instanceof BackendProblem)) throw error;
      this.#backends.set(name, { name, servers: [] });
      this.#complain(ingress, error.reason, `${error.message}; requests to it are answered with 503`);
    }
    return name;
  }

  #addCertificates(ingress: Ingress): void {
    const namespace = ingress.metadata?.namespace ?? '';
    for (const { secretName = '', hosts = [] } of ingress.spec?.tls ?? []) {
      // Without a Secret TLS is spoken with the controller's own certificate.
      if (secretName === '') continue;
      const key = `${namespace}/${secretName}`;
      const secret = this.#sources.secret(key);
      const served = 'its hosts are served with the controller’s own certificate';
      if (secret === undefined) {
        this.#complain(ingress, 'SecretNotFound', `Secret "${key}" does not exist; ${served}`);
        continue;
      }
      try {
        const name = `${namespace}_${secretName}.pem`;
        const known = this.#certificates.get(name)?.hosts ?? [];
        const names = [...new Set([...known, ...hosts.map((host) => host.toLowerCase())])];
        this.#certificates.set(name, { name, pem: pemOf(secret), hosts: names });
      } catch (error) {
        this.#complain(ingress, 'BadSecret', `Secret "${key}" is of no use: ${(error as Error).message}; ${served}`);
      }
    }
  }

  #complain(ingress: Ingress, reason: string, message: string): void {
    this.#complaints.push({ ingress, reason, message });
  }
}
