/**
 * Names in `{{ … }}`: bound by an earlier step, or the lab's own. Others are slips, found before anything is built. What
 * nodes and hosts a lab has is known where the scenario names its lab file; else it may be played in any lab that is up.
 */
import { nearMiss } from '../../lab/near-miss.ts';
import type { FileIssue } from '../../lab/yaml-file.ts';
import { namesIn } from '../bindings.ts';
import { LAB_NAMES } from '../step-context.ts';
import type { PlacedStep } from './placed-steps.ts';

/** What nodes and hosts have: `NAME.ip`. */
const OF_HOSTS = ['name', 'netns', 'ip', 'ips', 'podCIDR', 'podCIDRs', 'role', 'ready', 'proxy'];

/** Every use of a name that has no value then, every binding that would hide a value of the lab. `hosts`: nodes and hosts of the lab, where they are known. */
export function nameErrors(steps: readonly PlacedStep[], hosts: readonly string[] | undefined): FileIssue[] {
  const all = new Set(steps.flatMap(({ own }) => boundBy(own)));
  const bound = new Set<string>();
  return steps.flatMap(({ path, own }) => {
    const unknown = namesIn(own, path).flatMap(({ path: at, segments: [name = '', field = ''] }): FileIssue[] => {
      if (bound.has(name) || LAB_NAMES.includes(name)) return [];
      if (OF_HOSTS.includes(field) && !all.has(name) && (hosts ?? [name]).includes(name)) return [];
      const known = [...bound, ...LAB_NAMES, ...(hosts ?? [])];
      return [{ path: at, message: all.has(name) ? boundLater(name) : unknownName(name, known) }];
    });
    const names = boundBy(own);
    for (const name of names) bound.add(name);
    const hiding = names.filter((name) => LAB_NAMES.includes(name));
    return [...unknown, ...hiding.map((name) => ({ path: [...path, 'as'], message: hidingName(name) }))];
  });
}

function boundBy({ as }: PlacedStep['own']): string[] {
  if (as === undefined) return [];
  return typeof as === 'string' ? [as] : Object.keys(as);
}

function boundLater(name: string): string {
  return `{{ ${name} }} has no value yet: a later step binds it`;
}

function unknownName(name: string, known: readonly string[]): string {
  const meant = nearMiss(name, known);
  const hint = meant === undefined ? `there are: ${known.join(', ')}` : `did you mean "${meant}"?`;
  return `{{ ${name} }}: no step binds it with \`as\`, and no lab has such a value; ${hint}`;
}

function hidingName(name: string): string {
  return `"${name}" is what the lab calls its own: choose another name`;
}
