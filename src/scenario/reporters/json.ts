/** The reporter `json`: one object with everything that happened. Its shape is a promise (docs/scenarios.md). */
import { endpoint } from '../../walk/describe-packet.ts';
import type { Hop } from '../../walk/hops.ts';
import type { Packet } from '../../walk/packet.ts';
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

function jsonStep(step: StepRecord): object {
  const { ref, outcome, ms, problem, commands, outputs, walks, questions, checks, evidence, rules } = step;
  const hops = walks.length === 0 ? undefined : walks.flat().map(jsonHop);
  const output = outputs.join('\n');
  return { ...ref, outcome, ms, problem, commands, output, hops, questions, checks, evidence, rules };
}

function jsonHop({ at, point, device, direction, way, packet, outer, translations, summary }: Hop): object {
  return {
    ...{ atMicroseconds: at, host: point.host, role: point.role, device, direction, way, ...ends(packet) },
    outer: outer === undefined ? undefined : { ...ends(outer), vni: outer.vxlan?.vni },
    translations,
    summary,
  };
}

function ends(packet: Packet): { readonly source: string; readonly destination: string } {
  return { source: endpoint(packet, 'source'), destination: endpoint(packet, 'destination') };
}

function about({ name, file, title, labels }: PlayRecord['scenario']): object {
  return { name, file, title, labels };
}
