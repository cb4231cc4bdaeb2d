/** What a step has to work with: the lab, the scenario's namespace, the values bound so far. */
import type { LabHandle } from '../lab/lab-handle.ts';
import type { LabSnapshot } from '../lab/lab-snapshot.ts';
import type { Hop } from '../walk/hops.ts';
import type { Values } from './bindings.ts';
import type { Check } from './events.ts';

export interface StepContext {
  readonly lab: LabHandle;
  /** The Kubernetes namespace the scenario's objects go to. */
  readonly namespace: string;
  /** The scenario's file: manifests are relative to it. */
  readonly file: string;
  readonly signal: AbortSignal;
  /** Of the step that is being tried: milliseconds since the epoch. */
  readonly deadline?: number;
  /** What all times are multiplied by: 1 in the host's kernel, more in a slower one. */
  readonly patience: number;
  /** Objects made outside the scenario's namespace, to be deleted at the end: arguments of `kubectl delete`. */
  readonly outside: string[][];
  /** What puts back what steps have changed in the lab itself; run at the end, the last first. */
  readonly undo: (() => Promise<void>)[];
  snapshot(): Promise<LabSnapshot>;
}

/** What one try of a step came to: what it saw, judged. */
export interface Verdict {
  readonly output?: string;
  readonly checks: readonly Check[];
  /** The walk that was captured, as data: what pictures are made of. */
  readonly hops?: readonly Hop[];
  /** What `as` can name. */
  readonly result?: unknown;
}

/** A command as a user would type it. */
export interface CommandLine {
  readonly where?: string;
  readonly text: string;
}

/**
 * What a step claims, beside what was seen. Pure: the same observation, written down and read again, gives the same
 * verdict, so that a claim can be judged again, or another one in its place.
 */
export interface Judge<S, O = unknown> {
  judge(step: S, observed: O): Verdict;
}

/** How one verb is played. Steps come with their bindings filled in. */
export interface Performer<S, O = unknown> extends Judge<S, O> {
  command(step: S, context: StepContext): CommandLine | undefined;
  /** Does what the step says and looks what came of it: the only part that touches the lab. What it gives is plain data. */
  observe(step: S, context: StepContext): Promise<O>;
  /** Whether the step may be tried again until it holds. A step that changes something is tried once. */
  repeats(step: S): boolean;
}

/** Milliseconds the step has left; what waits in the lab gives up before the step does, and says why. */
export function timeLeft({ deadline }: StepContext, otherwiseMs: number): number {
  return deadline === undefined ? otherwiseMs : Math.max(MOMENT_MS, deadline - Date.now() - MOMENT_MS);
}

const MOMENT_MS = 250;
const PROGRAMMED_MS = 10_000;

/** Resolves when everything written so far is in the rules of every node; rejects with what is not, shortly before the step's time is up. */
export function programmed(context: StepContext): Promise<void> {
  return context.lab.programmed(timeLeft(context, PROGRAMMED_MS));
}

/** The target as the lab knows it: a bare pod name means one of the scenario's namespace. */
export async function targetOf(name: string, context: StepContext): Promise<string> {
  if (name.includes('/')) return name;
  const { nodes, hosts } = await context.snapshot();
  const isHost = [...nodes, ...hosts].some((host) => host.name === name);
  return isHost ? name : `${context.namespace}/${name}`;
}

/** What every lab has a value for, beside its nodes and hosts. */
export const LAB_NAMES: readonly string[] = ['pods', 'services', 'namespace', 'lab'];

/** The values of the lab: nodes and hosts by name, the scenario's pods and Services. */
export function labValues(snapshot: LabSnapshot, namespace: string): Values {
  const own = <T extends { namespace: string; name: string }>(items: readonly T[]): Record<string, T> =>
    Object.fromEntries(items.filter((item) => item.namespace === namespace).map((item) => [item.name, item]));
  return {
    ...Object.fromEntries([...snapshot.hosts, ...snapshot.nodes].map((host) => [host.name, host])),
    pods: own(snapshot.pods),
    services: own(snapshot.services),
    namespace,
    lab: { name: snapshot.name, podSubnet: snapshot.podSubnet, serviceSubnet: snapshot.serviceSubnet },
  };
}
