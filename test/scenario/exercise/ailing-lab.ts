/** An exercise, and a lab without a kernel in which its fault can be set, repaired and repaired wrongly. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Exercise } from '../../../src/scenario/definition/exercise.ts';
import { parseScenario } from '../../../src/scenario/definition/load-scenario.ts';
import { type FakeLab, type FakeLabOptions, fakeLab } from '../fake-lab.ts';

export const EXERCISE = `apiVersion: podwire.dev/v1alpha1
kind: Exercise
metadata: {name: test, labels: {topic: debugging, level: basic}}
spec:
  title: {en: Something is wrong, zh: 出了问题}
  timeout: 300ms
  setup:
    - kubectl: [break, it]
    - narrate: {en: This is seen., zh: 看得到这个。}
      kubectl: [look]
  task: {en: "Repair {{ node-1.ip }}.", zh: "修复 {{ node-1.ip }}。"}
  hints: [First, {en: Second, zh: 第二}, Third]
  check:
    - claim: {en: It works., zh: 它能用。}
      exec: {in: node-1, command: [try, it]}
      expect: {stdout: works}
    - claim: It is there.
      already: true
      exec: {in: node-1, command: [see, it]}
      expect: {stdout: there}
  solution:
    steps:
      - narrate: It is repaired.
        kubectl: [repair, it]
    explain: {en: It was broken., zh: 它坏了。}
  cleanup:
    - kubectl: [put, back]
`;

export function exercise(text = EXERCISE): Exercise {
  const parsed = parseScenario(text, 'scenarios/test.yaml');
  if ('problems' in parsed) throw new Error(parsed.problems.join('\n'));
  if (parsed.kind !== 'Exercise') throw new Error(`an exercise, not a ${parsed.kind}`);
  return parsed;
}

/** `kubectl break` breaks it, `kubectl repair` repairs it, `kubectl remove` makes it worse; `options` come first. */
export function ailingLab(options: FakeLabOptions = {}): FakeLab & { folder: string; remove(): void } {
  const folder = mkdtempSync(join(tmpdir(), 'podwire-exercise-'));
  const kubeconfig = join(folder, 'kubeconfig');
  writeFileSync(kubeconfig, 'contexts:\n- {name: lab, context: {cluster: lab, user: admin}}\n');
  let [works, there] = [true, true];
  const lab = fakeLab({
    exec: (target, argv) => ({
      stdout: argv[0] === 'try' ? (works ? 'works' : 'fails') : there ? 'there' : 'gone',
      ...options.exec?.(target, argv),
    }),
    kubectl: (argv) => {
      if (argv.includes('break')) [works, there] = [false, true];
      if (argv.includes('repair')) works = true;
      if (argv.includes('remove')) there = false;
      return options.kubectl?.(argv) ?? {};
    },
  });
  return Object.assign(lab, { kubeconfig, folder, remove: () => rmSync(folder, { recursive: true }) });
}

export async function collect<T>(stream: AsyncIterable<T>): Promise<T[]> {
  const items: T[] = [];
  for await (const item of stream) items.push(item);
  return items;
}
