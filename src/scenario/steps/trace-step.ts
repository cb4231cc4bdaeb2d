/** The step `trace`: one probe with a mark, captured everywhere on its way. */
import { randomBytes, randomInt } from 'node:crypto';
import { type IpFamily, isIp } from '../../net/ip.ts';
import type { Flow } from '../../walk/flow.ts';
import type { CapturePoint, Hop } from '../../walk/hops.ts';
import { renderHops } from '../../walk/render-hops.ts';
import { trace } from '../../walk/trace.ts';
import { milliseconds } from '../definition/scenario.ts';
import type { StepOf } from '../definition/steps.ts';
import type { Check } from '../events.ts';
import { type Performer, programmed, type StepContext, targetOf } from '../step-context.ts';
import { absenceChecks, hopChecks, matchHops } from './match-hops.ts';

/** What `as` binds of a trace. */
interface Walk {
  readonly answered: boolean;
  readonly hops: readonly Hop[];
  /** Where packets were captured: on these a packet that was not seen was not there. */
  readonly watched: readonly string[];
}

const DEFAULT_WITHIN = '3s';
/** Below the range the kernel takes ports from by itself (32768–60999). */
const SOURCE_PORTS = [20_000, 30_000] as const;

export const TRACE: Performer<StepOf<'trace'>, Walk> = {
  command: ({ trace: probe }) => ('of' in probe ? undefined : { where: probe.from, text: shownCommand(probe.to) }),
  observe: async (step, context) => {
    if ('of' in step.trace) return boundWalk(step.trace.of);
    await programmed(context);
    const { from, to, within = DEFAULT_WITHIN } = step.trace;
    const withinMs = milliseconds(within);
    const flow = probeFlow(to);
    const target = await targetOf(from, context);
    const points = await capturePoints(context);
    let answered = false;
    const { hops } = await trace(
      context.lab.kernel,
      points,
      flow,
      async () => {
        const result = await context.lab.exec(target, probeCommand(to, flow, withinMs), {
          timeoutMs: withinMs + 10_000,
        });
        answered = flow.kind === 'echo' ? result.exitCode === 0 : Number(result.stdout) > 0;
      },
      familyOfTarget(to),
    );
    return { answered, hops, watched: points.map(({ host }) => host) };
  },
  judge: (step, walk) => {
    const { hops: expected = [], absent = [], answered } = step.expect ?? {};
    const { hops, watched } = walk;
    const again = 'of' in step.trace;
    // Who looks again at a walk is shown the hops that it is about.
    const shown = again ? matchHops(expected, hops).flatMap(({ hop }) => hop ?? []) : hops;
    return {
      output: renderHops(shown).join('\n'),
      // Its picture was drawn when it was captured.
      ...(again ? {} : { hops }),
      checks: [
        ...(again && answered === undefined ? [] : [answerCheck(walk.answered, answered ?? true)]),
        ...hopChecks(expected, hops),
        ...absenceChecks(absent, hops, watched),
      ],
      result: walk,
    };
  },
  repeats: (step) => !('of' in step.trace),
};

/** A walk captured before, as `as` has bound it. */
function boundWalk(bound: unknown): Walk {
  if (typeof bound !== 'object' || bound === null || !('hops' in bound)) throw new Error('`of` names no trace');
  return bound as Walk;
}

function probeFlow(to: string): Flow {
  return portOf(to) === undefined
    ? { kind: 'echo', mark: randomBytes(16) }
    : { kind: 'tcp', sourcePort: randomInt(...SOURCE_PORTS) };
}

/** As a user would type it. */
function shownCommand(to: string): string {
  return portOf(to) === undefined ? `ping -c 1 ${to}` : `curl http://${to}/`;
}

/** A ping that carries the mark, or curl bound to the chosen port; curl prints how long connecting took (0: never). */
function probeCommand(to: string, flow: Flow, withinMs: number): [string, ...string[]] {
  const seconds = String(withinMs / 1000);
  if (flow.kind === 'echo') return ['ping', '-n', '-c', '1', '-W', seconds, '-p', flow.mark.toString('hex'), to];
  const quiet = ['--silent', '--output', '/dev/null', '--write-out', '%{time_connect}'];
  return ['curl', ...quiet, '--max-time', seconds, '--local-port', String(flow.sourcePort), `http://${to}/`];
}

/** `ADDRESS:PORT`; an IPv6 address has brackets around it then. */
function portOf(to: string): string | undefined {
  return /^(?:\[.*\]|[^:]*):(\d+)$/.exec(to)?.[1];
}

/** A name is asked for in IPv4. */
function familyOfTarget(to: string): IpFamily {
  return to.startsWith('[') || isIp(to, 6) ? 6 : 4;
}

function answerCheck(answered: boolean, expected: boolean): Check {
  const words = (yes: boolean): string => (yes ? 'answered' : 'not answered');
  return { expected: `the probe is ${words(expected)}`, observed: words(answered), held: answered === expected };
}

/** Every node, fabric host and pod of the scenario, and the underlay between them. */
async function capturePoints(context: StepContext): Promise<CapturePoint[]> {
  const { name, nodes, hosts, pods } = await context.snapshot();
  return [
    { netns: `${name}.fabric`, host: 'underlay', role: 'fabric' },
    ...nodes.map((node): CapturePoint => ({ netns: node.netns, host: node.name, role: 'node' })),
    ...hosts.map((host): CapturePoint => ({ netns: host.netns, host: host.name, role: 'host' })),
    ...pods
      .filter((pod) => pod.namespace === context.namespace && pod.netns !== '')
      .map((pod): CapturePoint => ({ netns: pod.netns, host: pod.name, role: 'pod' })),
  ];
}
