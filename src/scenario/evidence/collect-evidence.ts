/**
 * What explains a failed step: the scenario's pods, Services and endpoints, what each node's kernel and kube-proxy have of
 * them, the latest events.
 */
import { isWhole } from '../../cni/link-fault.ts';
import { describeFault } from '../../lab/link-settings.ts';
import type { Evidence } from '../events.ts';
import type { StepContext } from '../step-context.ts';
import { connections, proxyHealth, serviceRules } from './node-evidence.ts';

const EVENTS_SHOWN = 12;
/** Lines of one piece of evidence; more are counted. */
const MOST_LINES = 150;

/** Collects what there is; what cannot be had says so in its place. */
export async function collectEvidence(context: StepContext): Promise<Evidence[]> {
  const collected = await Promise.all([
    attempt('pods', () => get(context, 'pods', '-o', 'wide')),
    attempt('Services', () => get(context, 'services', '-o', 'wide')),
    attempt('endpoints', () => get(context, 'endpointslices')),
    attempt('rules of these Services, on each node', () => serviceRules(context)),
    attempt('connections of these Services, as conntrack knows them', () => connections(context)),
    attempt('kube-proxy on each node', () => proxyHealth(context)),
    attempt('links with which something is wrong', () => linkFaults(context)),
    attempt('events', async () => lastLines(await get(context, 'events'), EVENTS_SHOWN)),
  ]);
  return collected.filter(({ text }) => text !== '');
}

async function attempt(title: string, collect: () => Promise<string>): Promise<Evidence> {
  try {
    return { title, text: firstLines((await collect()).trimEnd()) };
  } catch (error) {
    return { title, text: `could not be read: ${(error as Error).message}` };
  }
}

async function get(context: StepContext, ...argv: string[]): Promise<string> {
  const { stdout, stderr } = await context.lab.kubectl(['get', '--namespace', context.namespace, ...argv]);
  return /^No resources found/.test(stderr) ? '' : stdout + stderr;
}

async function linkFaults({ lab }: StepContext): Promise<string> {
  const faulty = (await lab.links()).filter(({ fault }) => !isWhole(fault));
  return faulty.map(({ target, fault }) => `${target}: ${describeFault(fault)}`).join('\n');
}

function firstLines(text: string): string {
  const lines = text.split('\n');
  if (lines.length <= MOST_LINES) return text;
  return [...lines.slice(0, MOST_LINES), `… ${lines.length - MOST_LINES} more lines`].join('\n');
}

function lastLines(text: string, count: number): string {
  const [head = '', ...rest] = text.trimEnd().split('\n');
  return [head, ...rest.slice(-count)].join('\n');
}
