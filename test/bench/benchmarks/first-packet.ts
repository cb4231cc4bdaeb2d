/**
 * How long a TCP connection through a ClusterIP takes, per backend, as Services grow; from the node itself to an endpoint on
 * it, beside a connection to the endpoint where there are no rules.
 */
import { isInstalled } from '../../../src/kernel/packages.ts';
import type { ProxyMode } from '../../../src/objects/proxy-mode.ts';
import type { Benchmark, BenchmarkContext, Sample } from '../benchmark.ts';
import { timeConnection } from '../blocking-connect.ts';
import { backendName, inEveryBackend, LEGACY_TOOL } from '../every-backend.ts';
import { serviceCounts } from '../generated-services.ts';
import { withNamespaces } from '../measure.ts';
import { addEndpoint, bothWays, CLUSTER_IP, ENDPOINT, viewsWithEndpoint, whileListening } from '../one-endpoint.ts';
import { withGreeter } from '../peers.ts';
import { LEGACY, runBare, withRules } from '../rules-in-mode.ts';

const CONNECTIONS = { whole: 2000, quick: 50 };
/** Of those, left out at the start: caches are cold, code is not compiled. */
const WARM_UP = 20;

const LEGACY_NAME = 'iptables-legacy';
const CONNECTED = 'until connect(2) returns';
const ANSWERED = 'until the endpoint’s first byte';

export const firstPacket: Benchmark = {
  name: 'first-packet',
  targets: [],
  title: 'A TCP connection through a ClusterIP, among S Services',
  unit: 'Services',
  quantity: 'µs',
  async run(context) {
    return {
      ...(await inEveryBackend(context, 'first-packet', connectionSamples)),
      notes: [
        'From the node itself to an endpoint on it, in turns with a connection to the endpoint in a namespace without rules.',
        'The Service is the one whose rule comes last of its chain.',
        `"${ANSWERED}" has the waking up of the endpoint's process in it; in userspace the relay's too, which connects for the node.`,
        'ipvs is measured in User-mode Linux, another kernel: compare it with "no rules" there.',
      ],
    };
  },
};

/** One backend at every size, on the kernel this runs on; in iptables also the same rules, loaded by the legacy variant. */
export async function connectionSamples(context: BenchmarkContext, mode: ProxyMode): Promise<Sample[]> {
  const own = await eachSize(context, mode, backendName(mode));
  if (mode !== 'iptables' || !isInstalled(LEGACY_TOOL)) return own;
  return [...own, ...(await eachSize(context, mode, LEGACY_NAME))];
}

async function eachSize(context: BenchmarkContext, mode: ProxyMode, name: string): Promise<Sample[]> {
  const [rules, none] = [`${context.prefix}.rules`, `${context.prefix}.none`];
  const samples: Sample[] = [];
  for (const size of serviceCounts(context)) {
    context.progress(`first-packet: ${name}, ${size} Services`);
    const views = viewsWithEndpoint(size);
    const own = await withRules(mode, rules, ({ kernel, sync, plan }) =>
      withNamespaces(kernel, [none], async () => {
        for (const netns of [rules, none]) await addEndpoint(kernel, netns);
        if (name === LEGACY_NAME) await runBare(kernel, rules, (await plan(views)).writes, LEGACY);
        else await sync(views);
        return await connect(context, { rules, none }, name, size);
      }),
    );
    samples.push(...own);
  }
  return samples;
}

async function connect(
  context: BenchmarkContext,
  { rules, none }: { readonly rules: string; readonly none: string },
  name: string,
  size: number,
): Promise<Sample[]> {
  const times = WARM_UP + (context.isQuick ? CONNECTIONS.quick : CONNECTIONS.whole);
  const samples: Sample[] = [];
  /** Both connections of a turn, into their lists. */
  const turnsOf = (reads: boolean) => {
    const [values, direct]: [number[], number[]] = [[], []];
    const measure = (turn: number) =>
      bothWays(
        turn,
        () => direct.push(timeConnection(none, ENDPOINT, reads)),
        () => values.push(timeConnection(rules, CLUSTER_IP, reads)),
      );
    return { values, direct, measure };
  };
  // A relay takes the connection itself: that says nothing of the endpoint.
  if (name !== 'userspace') {
    const { values, direct, measure } = turnsOf(false);
    await whileListening(context, [rules, none], { times, perTurn: 2 }, measure);
    samples.push(...samplesOf(name, size, CONNECTED, values, direct));
  }
  const { values, direct, measure } = turnsOf(true);
  await withGreeter(context.kernel, rules, ENDPOINT, () =>
    withGreeter(context.kernel, none, ENDPOINT, async () => {
      for (let turn = 0; turn < times; turn += 1) {
        context.signal.throwIfAborted();
        measure(turn);
      }
    }),
  );
  return [...samples, ...samplesOf(name, size, ANSWERED, values, direct)];
}

/** The connection through the Service, and the one in a namespace without any rules: one such line for each kernel. */
function samplesOf(
  name: string,
  size: number,
  panel: string,
  values: readonly number[],
  direct: readonly number[],
): Sample[] {
  const what = panel === CONNECTED ? 'connected' : 'answered';
  const against = `${name}, no rules: ${what}`;
  const reference = { nftables: 'no rules', [backendName('ipvs')]: 'no rules (UML)' }[name];
  return [
    {
      label: `${name}: ${what}`,
      size,
      values: values.slice(WARM_UP),
      targets: [{ against, bound: undefined }],
      line: { panel, name },
    },
    {
      label: against,
      size,
      values: direct.slice(WARM_UP),
      ...(reference === undefined ? {} : { line: { panel, name: reference, isReference: true } }),
    },
  ];
}
