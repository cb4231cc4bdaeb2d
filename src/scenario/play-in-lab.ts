/**
 * Plays something in a lab, in a Kubernetes namespace of its own, and leaves nothing. When `signal` aborts, the running step is
 * given up and the cleanup still runs; the reader goes on reading to the end.
 */
import { isWhole } from '../cni/link-fault.ts';
import type { LabHandle } from '../lab/lab-handle.ts';
import { cleanUp, openNamespace } from './clean-up.ts';
import type { Playable } from './definition/scenario.ts';
import type { LabState, ScenarioEvent, ScenarioOutcome } from './events.ts';
import type { ProxyMode } from './lab-lease.ts';
import { type HeldStep, playSteps, type Run, toTheEnd } from './play-steps.ts';
import { RuleRecorder } from './rules/rule-recorder.ts';
import type { StepContext } from './step-context.ts';

/** In User-mode Linux programs start ten times as slowly as on its host, and there is one processor. */
const UML_PATIENCE = 3;

export interface PlayOptions {
  readonly lab: LabHandle;
  readonly signal: AbortSignal;
  /** The backend of the lab's kube-proxy: steps for others are passed over. */
  readonly proxyMode: ProxyMode;
  /** A failed scenario's objects stay for inspection. */
  readonly keepOnFailure?: boolean;
  /** Asked at the end: whether the lab is removed right after, so that its objects need not be. */
  labIsRemoved?(): boolean;
  /** Told of every step whose claims held: what it claims, with its bindings filled in, and what was observed. */
  onHeld?(held: HeldStep): void;
  /** What each step changes in the kernel's rules is part of its end: a look at every node for each. */
  readonly recordRules?: boolean;
}

/** Plays `body` between the beginning and the end; it returns whether all held. The last event is `scenarioEnded`. */
export async function* playInLab(
  playable: Playable,
  options: PlayOptions,
  body: (run: Run) => AsyncGenerator<ScenarioEvent, boolean>,
): AsyncGenerator<ScenarioEvent, ScenarioOutcome> {
  const started = Date.now();
  const { lab, signal, proxyMode, onHeld, recordRules = false } = options;
  const namespace = await openNamespace(lab, playable.name);
  yield { type: 'namespaceReady', namespace };
  const tally = { steps: 0, checks: 0 };
  const patience = lab.standsIn === 'uml' ? UML_PATIENCE : 1;
  const context: StepContext = {
    ...{ lab, namespace, file: playable.file, signal, patience },
    ...{ outside: [], undo: [], snapshot: () => lab.snapshot() },
  };
  const rules = recordRules ? new RuleRecorder(lab) : undefined;
  await rules?.start();
  const run: Run = { playable, proxyMode, context, bound: {}, tally, spent: { ms: 0 }, onHeld, rules };
  const played = yield* body(run);
  let outcome: ScenarioOutcome = signal.aborted ? 'interrupted' : played ? 'passed' : 'failed';
  yield { type: 'stepsEnded', lab: await stateOf(lab) };
  const keeps = outcome === 'failed' && options.keepOnFailure === true;
  if (!keeps) {
    // A signal of its own: the one that interrupted the steps must not interrupt this.
    const cleaning = { ...run, spent: { ms: 0 }, context: toTheEnd(context) };
    const cleaned = yield* playSteps(playable.cleanup, 'c', cleaning);
    const problem = options.labIsRemoved?.() === true ? undefined : await cleanUp(cleaning.context);
    if (problem !== undefined) yield { type: 'cleanupFailed', problem };
    if (outcome === 'passed' && (!cleaned || problem !== undefined)) outcome = 'failed';
  }
  yield { type: 'scenarioEnded', scenario: playable, outcome, ...tally, ms: Date.now() - started };
  return outcome;
}

async function stateOf(lab: LabHandle): Promise<LabState> {
  const [snapshot, links] = await Promise.all([lab.snapshot(), lab.links()]);
  const faulty = links.filter(({ fault }) => !isWhole(fault));
  return { snapshot, faults: faulty.map(({ target, fault }) => ({ target, fault })) };
}
