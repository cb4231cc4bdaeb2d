/** What a lab file asks for that this host's kernel does not have. */
import { kernelHasIpv6 } from '../kernel/ipv6.ts';

/** Why the lab of the file at `path` cannot be had here; undefined when it can. Throws a `LabError` for a bad file. */
export async function labObstacle(path: string): Promise<string | undefined> {
  if (kernelHasIpv6()) return undefined;
  const { readLabFile } = await import('./lab-file.ts');
  if (readLabFile(path).networking.ipFamily === 'ipv4') return undefined;
  return 'this host cannot have its lab (the kernel has no IPv6)';
}
