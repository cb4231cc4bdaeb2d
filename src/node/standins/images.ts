/**
 * The image table: what stands in for an image, by its name without registry, path, tag and digest. The documentation lists
 * this table. Images are not pulled; a container with a `command` runs that program of the host instead of its stand-in.
 */

export type ImageBehaviour =
  /** An HTTP server on the container's ports (else on `ports`) that says who it is. */
  | { readonly standIn: 'web'; readonly ports: readonly number[] }
  /** The behaviours of the agnhost test image, chosen by the first argument; `behaviour` is what runs without one. */
  | { readonly standIn: 'agnhost'; readonly behaviour: string }
  /** A server that greets with a line on its known port. */
  | { readonly standIn: 'banner'; readonly ports: readonly number[] }
  /** Sleeps until it is ended. */
  | { readonly standIn: 'pause' }
  /** The cluster's DNS server, which the lab brings. */
  | { readonly standIn: 'coredns' }
  /** No entrypoint: `args` are the program to run, this one without any; `applets` puts busybox's in front of the PATH. */
  | { readonly program: readonly [string, ...string[]]; readonly applets?: boolean };

const web = (...ports: number[]): ImageBehaviour => ({ standIn: 'web', ports: ports.length > 0 ? ports : [80] });
const banner = (...ports: number[]): ImageBehaviour => ({ standIn: 'banner', ports });
const agnhost = (behaviour: string): ImageBehaviour => ({ standIn: 'agnhost', behaviour });
const shell = (name: string, applets = false): ImageBehaviour => ({ program: [name], ...(applets ? { applets } : {}) });

/** Image name → what stands in for it. */
export const IMAGES: Readonly<Record<string, ImageBehaviour>> = {
  nginx: web(),
  'nginx-unprivileged': web(8080),
  httpd: web(),
  apache: web(),
  'php-apache': web(),
  'hpa-example': web(),
  caddy: web(),
  traefik: web(),
  haproxy: web(),
  whoami: web(),
  hello: web(),
  'hello-world': web(),
  'hello-app': web(8080),
  'hello-minikube': web(8080),
  echoserver: web(8080),
  'echo-server': web(),
  'http-echo': web(5678),
  podinfo: web(9898),
  tomcat: web(8080),
  wordpress: web(),
  grafana: web(3000),
  prometheus: web(9090),
  elasticsearch: web(9200),
  agnhost: agnhost('pause'),
  netexec: agnhost('netexec'),
  'serve-hostname': agnhost('serve-hostname'),
  serve_hostname: agnhost('serve-hostname'),
  porter: agnhost('porter'),
  hostexec: agnhost('pause'),
  pause: { standIn: 'pause' },
  'pause-amd64': { standIn: 'pause' },
  mysql: banner(3306),
  mariadb: banner(3306),
  percona: banner(3306),
  postgres: banner(5432),
  postgresql: banner(5432),
  redis: banner(6379),
  valkey: banner(6379),
  mongo: banner(27017),
  mongodb: banner(27017),
  memcached: banner(11211),
  cassandra: banner(9042),
  rabbitmq: banner(5672),
  kafka: banner(9092),
  nats: banner(4222),
  zookeeper: banner(2181),
  etcd: banner(2379),
  coredns: { standIn: 'coredns' },
  busybox: shell('sh', true),
  alpine: shell('sh', true),
  debian: shell('bash'),
  ubuntu: shell('bash'),
  centos: shell('bash'),
  fedora: shell('bash'),
  rockylinux: shell('bash'),
  almalinux: shell('bash'),
  bash: shell('bash'),
  curl: shell('curl'),
  'curlimages-curl': shell('curl'),
  dnsutils: { program: ['sleep', 'infinity'] },
  'jessie-dnsutils': { program: ['sleep', 'infinity'] },
  netshoot: shell('bash'),
};

/** Stand-ins that read the files of their container, volumes and tokens, as a program would. */
export const FILE_READERS: ReadonlySet<string> = new Set(['coredns']);

/** Which applets a busybox has: those of 1.29 and later, or the older ones, whose nslookup honours the search path. */
export type AppletAge = 'new' | 'old';

/** The registry folders of Kubernetes' own images, where busybox stayed at 1.27. */
const OLD_BUSYBOX = /^(?:(?:[a-z]+\.)?gcr\.io\/google[-_]containers|k8s\.gcr\.io|registry\.k8s\.io)\/busybox$/;

/** The applets of an image; undefined for one that is no busybox or the like. */
export function appletsOf(reference: string): AppletAge | undefined {
  const { behaviour } = resolveImage(reference);
  if (!('program' in behaviour) || behaviour.applets !== true) return undefined;
  if (imageName(reference) !== 'busybox') return 'new';
  const [, path, tag = 'latest'] = /^([^@]*?)(?::([^:/@]+))?(?:@.*)?$/.exec(reference) ?? [];
  const version = /^(\d+)\.(\d+)/.exec(tag);
  if (version === null) return tag === 'latest' && OLD_BUSYBOX.test(path ?? '') ? 'old' : 'new';
  return Number(version[1]) < 1 || (version[1] === '1' && Number(version[2]) < 29) ? 'old' : 'new';
}

export interface ResolvedImage {
  readonly behaviour: ImageBehaviour;
  /** False when the table does not have it and a web server stands in. */
  readonly known: boolean;
}

/** What stands in for an image reference (`registry:5000/path/name:tag@digest`). */
export function resolveImage(reference: string): ResolvedImage {
  const behaviour = Object.hasOwn(IMAGES, imageName(reference)) ? IMAGES[imageName(reference)] : undefined;
  return behaviour === undefined ? { behaviour: web(), known: false } : { behaviour, known: true };
}

/** The last part of a reference's path, lower case: `docker.io/library/nginx:1.27` → `nginx`. */
export function imageName(reference: string): string {
  const path = reference.split('@', 1)[0]!;
  return (path.split('/').at(-1) ?? '').split(':', 1)[0]!.toLowerCase();
}
