/** The reporter `json`: one object with everything that happened. Its shape is a promise (docs/scenarios.md). */
import type { PlayRecord, RunRecord, StepRecord } from './run-record.ts';

/** `{apiVersion, kind, startedAt, ms, counts, scenarios}`. */
export function jsonReport(record: RunRecord): object {
  const count = (outcome: string): number => record.plays.filter((play) => play.outcome === outcome).length;
  return {
    apiVersion: 'podwire.dev/v1alpha1',
    kind: 'RunReport',
    startedAt: record.startedAt,
    ms: record.ms,
    counts: {
      passed: count('passed'),
      failed: count('failed'),
      interrupted: count('interrupted'),
      skipped: record.skips.length,
    },
    scenarios: [
      ...record.plays.map(jsonPlay),
      ...record.skips.map(({ scenario, proxyMode, reason }) => ({
        ...about(scenario),
        proxyMode,
        outcome: 'skipped',
        reason,
      })),
    ],
  };
}

function jsonPlay(play: PlayRecord): object {
  const { scenario, proxyMode, startedAt, ms, lab, namespace, outcome, cleanupProblem } = play;
  return {
    ...about(scenario),
    ...{ proxyMode, outcome, startedAt, ms, lab, namespace, cleanupProblem },
    steps: play.steps.map(jsonStep),
  };
}

function jsonStep({ ref, outcome, ms, problem, commands, outputs, questions, checks, evidence }: StepRecord): object {
  return { ...ref, outcome, ms, problem, commands, output: outputs.join('\n'), questions, checks, evidence };
}

function about({ name, file, title, labels }: PlayRecord['scenario']): object {
  return { name, file, title, labels };
}
