/** How a mistake in a scenario file is written down. */

/** What is wrong, the file's text, and how its one problem goes on after `FILE:`. */
export type Mistake = readonly [what: string, text: string, problem: string];

/** A scenario with these steps; step 1 begins on line 7, or behind `spec`. */
export function scenarioOf(steps: string, spec = ''): string {
  return `apiVersion: podwire.dev/v1alpha1
kind: Scenario
metadata: {name: test, labels: {topic: service, level: basic}}
spec:
  title: {en: A test}
${spec}  steps:
${steps}
`;
}

export const NARRATED = scenarioOf('    - narrate: Hello');
export const VERBS =
  'narrate, apply, delete, patch, scale, kubectl, wait, get, request, resolve, exec, trace, assert, error, ';
export const ANY_VERB = `${VERBS}script, proxyMode, fault, ask, try, load`;
export const step = (text: string): string => scenarioOf(`    - ${text}`);
export const exec = (more: string): string => scenarioOf(`    - exec: {in: client, command: [a]}\n      ${more}`);
export const request = (expected: string): string =>
  scenarioOf(`    - request: {from: client, url: "http://x/"}\n      expect: ${expected}`);
export const trace = (expected: string): string =>
  scenarioOf(`    - trace: {from: client, to: b}\n      expect: ${expected}`);
