/** Reads the path of a resource request: `/apis/GROUP/VERSION/[watch/]namespaces/NS/RESOURCE/NAME/SUBRESOURCE`. */
import { badRequest } from '../status-error.ts';

export interface ResourcePath {
  /** A watch by its path, as clients asked for it before there was `?watch=1`. */
  readonly watch: boolean;
  readonly group: string;
  readonly version: string;
  readonly plural: string;
  /** Undefined: cluster-wide, or all namespaces. */
  readonly namespace: string | undefined;
  readonly name: string | undefined;
  readonly subresource: string | undefined;
  /** What follows the subresource (`proxy/…`); empty otherwise. */
  readonly rest: readonly string[];
}

/** Subresources of a Namespace itself; any other third part under `namespaces/NS` is a resource within it. */
const OF_NAMESPACE = new Set(['status', 'finalize']);

/** Undefined when the path is no resource's. Throws URIError for a broken escape, BadRequest for a name that is none. */
export function parseResourcePath(path: string): ResourcePath | undefined {
  const [, ...parts] = path.split('/');
  if (parts.at(-1) === '') parts.pop();
  const core = parts[0] === 'api';
  if (!core && parts[0] !== 'apis') return undefined;
  const [group, version, ...rest] = (core ? ['', ...parts.slice(1)] : parts.slice(1)).map(decodeURIComponent);
  const watch = rest[0] === 'watch';
  const within = watch ? rest.slice(1) : rest;
  if (group === undefined || version === undefined || within.length === 0) return undefined;
  const scoped = within[0] === 'namespaces' && within.length > 2 && !OF_NAMESPACE.has(within[2]!);
  const namespace = scoped ? within[1] : undefined;
  const [plural, name, subresource, ...further] = scoped ? within.slice(2) : within;
  // An empty part would make two paths one.
  if ([version, plural, namespace, name, subresource].includes('')) return undefined;
  for (const segment of [namespace, name]) checkName(segment);
  const beyond = further.filter((part) => part !== '');
  return { watch, group, version, plural: plural!, namespace, name, subresource, rest: beyond };
}

/** Refuses what would make a name a path of its own, in whatever escape it came. */
function checkName(name: string | undefined): void {
  if (name === undefined) return;
  const problems = [
    ...['.', '..'].filter((path) => name === path).map((path) => `may not be '${path}'`),
    ...['/', '%'].filter((character) => name.includes(character)).map((character) => `may not contain '${character}'`),
  ];
  if (problems.length > 0) throw badRequest(`invalid resource name ${JSON.stringify(name)}: [${problems.join(', ')}]`);
}
