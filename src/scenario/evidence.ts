/** What explains a failed step: the scenario's Services, endpoints and pods, their rules on a node, the latest events. */
import type { Evidence } from './events.ts';
import type { StepContext } from './step-context.ts';

const EVENTS_SHOWN = 12;

/** Collects what there is; what cannot be had says so in its place. */
export async function collectEvidence(context: StepContext): Promise<Evidence[]> {
  const collected = await Promise.all([
    attempt('pods', () => get(context, 'pods', '-o', 'wide')),
    attempt('Services', () => get(context, 'services', '-o', 'wide')),
    attempt('endpoints', () => get(context, 'endpointslices')),
    attempt('rules of these Services, on each node', () => rules(context)),
    attempt('events', async () => lastLines(await get(context, 'events'), EVENTS_SHOWN)),
  ]);
  return collected.filter(({ text }) => text !== '');
}

async function attempt(title: string, collect: () => Promise<string>): Promise<Evidence> {
  try {
    return { title, text: (await collect()).trim() };
  } catch (error) {
    return { title, text: `could not be read: ${(error as Error).message}` };
  }
}

async function get(context: StepContext, ...argv: string[]): Promise<string> {
  const { stdout, stderr } = await context.lab.kubectl(['get', '--namespace', context.namespace, ...argv]);
  return /^No resources found/.test(stderr) ? '' : stdout + stderr;
}

/** The nat rules whose comment names a Service of the scenario. Nodes with the same rules are named together. */
async function rules(context: StepContext): Promise<string> {
  const { nodes } = await context.snapshot();
  const perRules = new Map<string, string[]>();
  for (const { name, netns } of nodes) {
    const { stdout } = await context.lab.kernel.read(netns, ['iptables-save', '-t', 'nat']);
    const own = stdout.split('\n').filter((line) => line.includes(`${context.namespace}/`));
    const text = own.join('\n') || '(none)';
    perRules.set(text, [...(perRules.get(text) ?? []), name]);
  }
  return [...perRules].map(([text, names]) => `${names.join(', ')}:\n${text}`).join('\n');
}

function lastLines(text: string, count: number): string {
  const [head = '', ...rest] = text.trimEnd().split('\n');
  return [head, ...rest.slice(-count)].join('\n');
}
