/** What a scenario or a step asks of the kernel its lab stands in: capabilities, by the ids of `podwire check`. */
import type { LabHandle } from '../lab/lab-handle.ts';

export interface Requirement {
  readonly has?: readonly string[] | undefined;
  readonly lacks?: readonly string[] | undefined;
}

/** Why the lab's kernel is not what is asked for, in words; undefined when it is. */
export async function unmetRequirement(
  { has = [], lacks = [] }: Requirement,
  lab: Pick<LabHandle, 'missing' | 'standsIn'>,
): Promise<string | undefined> {
  const missing = await lab.missing([...has, ...lacks]);
  const wanted = has.filter((id) => missing[id] !== undefined);
  const present = lacks.filter((id) => missing[id] === undefined);
  if (wanted.length + present.length === 0) return undefined;
  const kernel = lab.standsIn === 'uml' ? 'User-mode Linux' : 'this host';
  return [
    ...wanted.map((id) => `${kernel} cannot do it (${missing[id]})`),
    ...present.map((id) => `it is about a kernel without ${id}, and ${kernel} has it`),
  ].join('; ');
}
