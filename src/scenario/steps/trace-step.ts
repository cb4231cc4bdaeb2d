/** The step `trace`: one probe with a mark, captured everywhere on its way. */
import { randomBytes, randomInt } from 'node:crypto';
import { type IpFamily, isIp } from '../../net/ip.ts';
import type { Flow } from '../../walk/flow.ts';
import type { CapturePoint, Hop } from '../../walk/hops.ts';
import { renderHops } from '../../walk/render-hops.ts';
import { trace } from '../../walk/trace.ts';
import type { StepOf } from '../definition/steps.ts';
import type { Check } from '../events.ts';
import { type Performer, type StepContext, targetOf } from '../step-context.ts';
import { absenceChecks, hopChecks, matchHops } from './match-hops.ts';

/** What `as` binds of a trace. */
interface Walk {
  readonly answered: boolean;
  readonly hops: readonly Hop[];
  /** Where packets were captured: on these a packet that was not seen was not there. */
  readonly watched: readonly string[];
}

const PROBE_SECONDS = 3;
/** Below the range the kernel takes ports from by itself (32768–60999). */
const SOURCE_PORTS = [20_000, 30_000] as const;

export const TRACE: Performer<StepOf<'trace'>, Walk> = {
  command: ({ trace: probe }) =>
    'of' in probe ? undefined : { where: probe.from, text: probeCommand(probe.to, probeFlow(probe.to)).shown },
  observe: async (step, context) => {
    if ('of' in step.trace) return boundWalk(step.trace.of);
    await context.lab.programmed();
    const { from, to } = step.trace;
    const flow = probeFlow(to);
    const target = await targetOf(from, context);
    const points = await capturePoints(context);
    let answered = false;
    const { hops } = await trace(
      context.lab.kernel,
      points,
      flow,
      async () => {
        const { argv } = probeCommand(to, flow);
        const result = await context.lab.exec(target, argv, { timeoutMs: (PROBE_SECONDS + 5) * 1000 });
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

/** A ping that carries the mark, or curl bound to the chosen port; curl prints how long connecting took (0: never). */
function probeCommand(to: string, flow: Flow): { argv: [string, ...string[]]; shown: string } {
  if (flow.kind === 'echo') {
    const argv = ['ping', '-n', '-c', '1', '-W', String(PROBE_SECONDS), '-p', flow.mark.toString('hex'), to];
    return { argv: argv as [string, ...string[]], shown: `ping -c 1 ${to}` };
  }
  const port = String(flow.sourcePort);
  const output = ['--output', '/dev/null', '--write-out', '%{time_connect}'];
  const argv = [
    'curl',
    '--silent',
    ...output,
    '--max-time',
    String(PROBE_SECONDS),
    '--local-port',
    port,
    `http://${to}/`,
  ];
  return { argv: argv as [string, ...string[]], shown: `curl http://${to}/` };
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
