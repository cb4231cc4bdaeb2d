/** A scenario's place in the cluster: a namespace of its own, and the way to leave nothing in it or outside it. */
import { randomBytes } from 'node:crypto';
import type { LabHandle } from '../lab/lab-handle.ts';
import { NAMESPACES, PODS } from '../objects/resource.ts';
import { hasReason } from '../objects/transport.ts';
import { pause, unlessAborted } from './in-time.ts';
import type { StepContext } from './step-context.ts';

const PAUSE_MS = 50;

/** Makes a namespace named after the scenario; the ending tells runs apart. */
export async function openNamespace(lab: LabHandle, scenario: string): Promise<string> {
  const name = `${scenario}-${randomBytes(2).toString('hex')}`;
  await createNamespace(lab, name);
  return name;
}

export async function createNamespace(lab: LabHandle, name: string): Promise<void> {
  await lab.transport.create(NAMESPACES, { apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
}

/**
 * Puts back what was changed, deletes what was made and waits until it is gone, for as long as the context's signal lets it.
 * Returns what could not be done, in words.
 */
export async function cleanUp(context: StepContext): Promise<string | undefined> {
  const { lab, namespace, outside, undo, signal } = context;
  const problems: string[] = [];
  const attempt = async (what: string, work: () => Promise<void>): Promise<void> => {
    try {
      await unlessAborted(work(), signal);
    } catch (error) {
      problems.push(`${what}: ${signal.aborted ? 'not done in the time there is' : (error as Error).message}`);
    }
  };
  for (const putBack of undo.toReversed()) await attempt('what a step changed', putBack);
  for (const reference of outside.toReversed()) {
    await attempt(reference.join(' '), async () => {
      const argv = ['delete', ...reference, '--ignore-not-found', '--wait=true', '--grace-period=0'];
      const { exitCode, stderr } = await lab.kubectl(argv);
      if (exitCode !== 0) throw new Error(stderr.trim());
    });
  }
  await attempt(`namespace ${namespace}`, () => deleteNamespace(lab, namespace, signal));
  return problems.length === 0 ? undefined : problems.join('\n');
}

async function deleteNamespace(lab: LabHandle, name: string, signal: AbortSignal): Promise<void> {
  // Programs that ignore SIGTERM would hold the namespace for their 30 seconds of grace.
  const { items } = await lab.transport.list(PODS, { namespace: name });
  await Promise.all(
    items.map(({ metadata }) =>
      unlessGone(
        lab.transport.delete(PODS, { namespace: name, name: metadata?.name ?? '' }, { gracePeriodSeconds: 0 }),
      ),
    ),
  );
  await unlessGone(lab.transport.delete(NAMESPACES, { name }));
  while (!signal.aborted && (await exists(lab, name))) await pause(PAUSE_MS, signal);
}

async function exists(lab: LabHandle, name: string): Promise<boolean> {
  try {
    await lab.transport.get(NAMESPACES, { name });
    return true;
  } catch (error) {
    if (hasReason(error, 'NotFound')) return false;
    throw error;
  }
}

async function unlessGone(work: Promise<void>): Promise<void> {
  try {
    await work;
  } catch (error) {
    if (!hasReason(error, 'NotFound')) throw error;
  }
}
