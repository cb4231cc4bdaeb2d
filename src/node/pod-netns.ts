/** The name of a pod's network namespace, as `ip netns` lists it. */
import { createHash } from 'node:crypto';
import type { Netns } from '../kernel/kernel.ts';

/** File names end at 255 bytes; a pod's name and its namespace's may have 253 and 63. */
const NAME_MAX = 200;

/** `LAB.namespace.pod`; a longer one keeps its head and gets a hashed tail. */
export function podNetns(lab: string, namespace: string, pod: string): Netns {
  const name = `${lab}.${namespace}.${pod}`;
  if (name.length <= NAME_MAX) return name;
  return `${name.slice(0, NAME_MAX - 9)}-${createHash('sha256').update(name).digest('hex').slice(0, 8)}`;
}
