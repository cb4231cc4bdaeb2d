/** What only shows when all steps of a file are seen: names that nothing binds, steps that are never played, prose's signs. */
import type { FileIssue } from '../../lab/yaml-file.ts';
import { nameErrors } from './check-names.ts';
import { type Path, type PlacedStep, placedSteps, type Section } from './placed-steps.ts';

export interface PlayedIn {
  readonly proxyModes: readonly string[];
  /** The lab's nodes and hosts, where they are known. */
  readonly hosts: readonly string[] | undefined;
}

/** `sections` in the order in which they are played. */
export function stepErrors(sections: readonly Section[], { proxyModes, hosts }: PlayedIn): FileIssue[] {
  const steps = sections.flatMap(placedSteps);
  const changesMode = steps.some(({ verb }) => verb === 'proxyMode');
  return [
    ...nameErrors(steps, hosts),
    ...(changesMode ? [] : steps.flatMap((step) => neverPlayed(step, proxyModes))),
    ...steps.flatMap(({ verb, own, path }) => (SPEAKING.includes(verb) ? [] : signErrors(own, path))),
  ];
}

/** A step for backends that the scenario is not played in. */
function neverPlayed({ path, own }: PlacedStep, proxyModes: readonly string[]): FileIssue[] {
  if (own.proxyModes === undefined || own.proxyModes.some((mode) => proxyModes.includes(mode))) return [];
  const message = `the step is never played: the scenario is for ${proxyModes.join(', ')} (spec.proxyModes)`;
  return [{ path: [...path, 'proxyModes'], message }];
}

const SPEAKING: readonly PlacedStep['verb'][] = ['narrate', 'ask'];

/** Words of commands and fields that begin with a dash or a quotation mark of prose: no program takes those for its own. */
function signErrors(value: unknown, path: Path): FileIssue[] {
  if (typeof value === 'string') {
    const [sign] = /^[–—−“”‘’]/.exec(value) ?? [];
    const meant = sign !== undefined && /[–—−]/.test(sign) ? 'the hyphen "-"' : 'a quotation mark of YAML';
    return sign === undefined ? [] : [{ path, message: `begins with "${sign}", which is not ${meant}` }];
  }
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, child]) =>
    key === 'narrate' ? [] : signErrors(child, [...path, Array.isArray(value) ? Number(key) : key]),
  );
}
