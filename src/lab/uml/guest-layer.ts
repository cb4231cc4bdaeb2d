/**
 * What a guest has otherwise than the host: symbolic links in a layer that lies over the host's files. The host makes them, where
 * a process costs little.
 */
import { existsSync, mkdirSync, readdirSync, realpathSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Where Debian's package keeps the modules of the guest's kernel, a folder per version. */
const MODULES = '/usr/lib/uml/modules';

/** Its nf_tables has no family ip: `iptables` is the legacy one there, whichever the host has chosen. */
const IPTABLES = ['iptables', 'ip6tables'].flatMap((tool) => [tool, `${tool}-save`, `${tool}-restore`]);

export interface HostFacts {
  /** Of the guest's kernel. */
  readonly versions: readonly string[];
  /** Where /lib really is. */
  readonly library: string;
  /** Absolute path of a program on PATH, in the folder it really lies in. */
  readonly find: (program: string) => string | undefined;
}

/** Links: path → what it leads to. Pure. */
export function planLayer({ versions, library, find }: HostFacts): Map<string, string> {
  const links = new Map(versions.map((version) => [`${library}/modules/${version}`, join(MODULES, version)]));
  const legacy = find('xtables-legacy-multi');
  for (const tool of IPTABLES) {
    const path = find(tool);
    if (path !== undefined && legacy !== undefined) links.set(path, legacy);
  }
  const busybox = find('busybox');
  if (find('modprobe') === undefined && busybox !== undefined) links.set('/usr/sbin/modprobe', busybox);
  return links;
}

/** Makes the layer for this host's guests at `path`. */
export function makeLayer(path: string): void {
  const links = planLayer({ versions: readdirSync(MODULES), library: realpathSync('/lib'), find: findProgram });
  mkdirSync(path);
  for (const [link, target] of links) {
    mkdirSync(join(path, dirname(link)), { recursive: true });
    symlinkSync(target, join(path, link));
  }
}

function findProgram(program: string): string | undefined {
  const folder = (process.env.PATH ?? '').split(':').find((each) => each !== '' && existsSync(join(each, program)));
  return folder === undefined ? undefined : join(realpathSync(folder), program);
}
