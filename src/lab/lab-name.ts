/** Names of labs: DNS labels, since they become part of namespace names and paths. */
import { LabError } from './lab-error.ts';

export const DEFAULT_LAB_NAME = 'podwire';
const LABEL = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;

/** True for a name a lab may have. */
export function isLabName(name: string): boolean {
  // `$` alone would let a trailing newline pass in other languages; in JavaScript it does not without the m flag.
  return LABEL.test(name);
}

/** Refuses a name that is no DNS label. */
export function checkLabName(name: string): string {
  if (isLabName(name)) return name;
  throw new LabError({
    what: `${JSON.stringify(name)} cannot be the name of a lab`,
    why: "a name must be a lowercase RFC 1123 label: at most 63 lower case letters, digits or '-', starting and ending with a letter or digit",
    remedy: 'choose another name, such as "my-lab"',
    exitCode: 2,
  });
}
