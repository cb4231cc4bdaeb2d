/**
 * Plays many scenarios: those that need the same lab share it, one after another, each in a fresh Kubernetes namespace;
 * several labs stand side by side. Each lab is opened when it is first needed and released after its last scenario.
 */
import type { AnyPlayable } from './definition/exercise.ts';
import type { Playable } from './definition/scenario.ts';
import type { ScenarioEvent, ScenarioOutcome } from './events.ts';
import { playExercise } from './exercise/play-exercise.ts';
import { inOrder } from './in-order.ts';
import type { LabLease, LabRequirement, OpenLab, ProxyMode } from './lab-lease.ts';
import type { PlayOptions } from './play-in-lab.ts';
import { playScenario } from './play-scenario.ts';
import { unmetRequirement } from './requirement.ts';

export interface PlayAllOptions {
  readonly proxyModes: readonly ProxyMode[] | 'all';
  /** Modes this host cannot do, with the reason: passed over where all are asked for. */
  readonly obstacles?: ReadonlyMap<ProxyMode, string>;
  /** Lab files this host cannot build, with the reason: their scenarios are passed over. */
  readonly labObstacles?: ReadonlyMap<string, string>;
  readonly keepOnFailure: boolean;
  readonly openLab: OpenLab;
  readonly signal: AbortSignal;
  /** How many labs may be played in at a time; default: 1. */
  readonly jobs?: number;
  readonly onHeld?: PlayOptions['onHeld'];
  readonly recordRules?: boolean;
}

interface Planned {
  readonly scenario: AnyPlayable;
  readonly requirement: LabRequirement;
}

/** Plays everything; returns the worst outcome. Throws what `openLab` throws. */
export async function* playAll(
  scenarios: readonly AnyPlayable[],
  options: PlayAllOptions,
): AsyncGenerator<ScenarioEvent, ScenarioOutcome> {
  const planned: Planned[] = [];
  for (const scenario of scenarios) {
    const { play, skip } = chooseModes(scenario, options.proxyModes, options.obstacles);
    for (const { reason, proxyModes } of skip) {
      if (proxyModes.length > 0) yield { type: 'scenarioSkipped', scenario, proxyModes, reason };
    }
    const obstacle = options.labObstacles?.get(scenario.lab.file ?? '');
    if (obstacle !== undefined) {
      if (play.length > 0) yield { type: 'scenarioSkipped', scenario, proxyModes: play, reason: obstacle };
      continue;
    }
    planned.push(...play.map((proxyMode) => ({ scenario, requirement: { ...scenario.lab, proxyMode } })));
  }
  // When a lab cannot be built, those that play in others end too.
  const stop = new AbortController();
  const signal = AbortSignal.any([options.signal, stop.signal]);
  const groups = byRequirement(planned).map((group) => () => playGroup(group, { ...options, signal }));
  const outcomes = yield* inOrder(groups, { jobs: options.jobs ?? 1, giveUp: () => stop.abort() });
  if (options.signal.aborted) return 'interrupted';
  return outcomes.find((outcome) => outcome !== 'passed') ?? 'passed';
}

/** One lab and its scenarios. */
async function* playGroup(
  group: readonly Planned[],
  options: PlayAllOptions,
): AsyncGenerator<ScenarioEvent, ScenarioOutcome> {
  const { signal } = options;
  if (signal.aborted) return 'interrupted';
  let lease: LabLease | undefined;
  let worst: ScenarioOutcome = 'passed';
  const opened: ScenarioEvent[] = [];
  try {
    for (const [index, { scenario, requirement }] of group.entries()) {
      if (signal.aborted) break;
      const { proxyMode } = requirement;
      if (scenario.requires !== undefined) {
        // What the kernel can do is known once the lab stands: of it is told when it is played in.
        lease ??= await untold(openLease(requirement, options), opened);
        const reason = await unmetRequirement(scenario.requires, lease.lab);
        if (reason !== undefined) {
          yield { type: 'scenarioSkipped', scenario, proxyModes: [proxyMode], reason };
          continue;
        }
      }
      yield { type: 'scenarioStarted', scenario, proxyMode };
      yield* opened.splice(0);
      lease ??= yield* openLease(requirement, options);
      const labIsRemoved = (): boolean => lease?.borrowed === false && index === group.length - 1;
      const { keepOnFailure, onHeld, recordRules = false } = options;
      const outcome = yield* play(scenario, {
        lab: lease.lab,
        proxyMode: requirement.proxyMode,
        signal,
        keepOnFailure,
        labIsRemoved,
        recordRules,
        ...(onHeld === undefined ? {} : { onHeld }),
      });
      if (outcome !== 'passed') worst = outcome;
    }
  } finally {
    if (worst === 'failed' && options.keepOnFailure) lease?.lab.close();
    else await lease?.release();
  }
  return worst;
}

/** Runs a stream to its end; its events go to `events`. */
async function untold<R>(stream: AsyncGenerator<ScenarioEvent, R>, events: ScenarioEvent[]): Promise<R> {
  for (;;) {
    const next = await stream.next();
    if (next.done === true) return next.value;
    events.push(next.value);
  }
}

function play(playable: AnyPlayable, options: PlayOptions): AsyncGenerator<ScenarioEvent, ScenarioOutcome> {
  return playable.kind === 'Exercise' ? playExercise(playable, options) : playScenario(playable, options);
}

/** Opens a lab, each part of it an event. */
export async function* openLease(
  requirement: LabRequirement,
  options: Pick<PlayAllOptions, 'openLab' | 'signal'>,
): AsyncGenerator<ScenarioEvent, LabLease> {
  const started = Date.now();
  const parts: string[] = [];
  let wake = (): void => undefined;
  let opened = false;
  const progress = (part: string): void => {
    parts.push(part);
    wake();
  };
  const opening = options.openLab(requirement, { signal: options.signal, progress }).finally(() => {
    opened = true;
    wake();
  });
  // Rejections are taken up below; until then they are not unhandled.
  opening.catch(() => undefined);
  for (;;) {
    for (const part of parts.splice(0)) yield { type: 'labPart', part };
    if (opened) break;
    await new Promise<void>((resolve) => {
      wake = resolve;
      if (opened || parts.length > 0) resolve();
    });
  }
  const lease = await opening;
  const { name: lab, standsIn: kernel } = lease.lab;
  yield { type: 'labReady', lab, kernel, borrowed: lease.borrowed, ms: Date.now() - started };
  return lease;
}

interface ModeChoice {
  readonly play: readonly ProxyMode[];
  readonly skip: readonly { readonly proxyModes: readonly ProxyMode[]; readonly reason: string }[];
}

/** Which backends to play a scenario in, and which are passed over and why. One that is asked for by name is not. */
export function chooseModes(
  scenario: Pick<Playable, 'proxyModes'>,
  asked: readonly ProxyMode[] | 'all',
  obstacles: ReadonlyMap<ProxyMode, string> = new Map(),
): ModeChoice {
  const wanted = asked === 'all' ? scenario.proxyModes : asked;
  const fitting = wanted.filter((mode) => scenario.proxyModes.includes(mode));
  const obstacleOf = (mode: ProxyMode) => (asked === 'all' ? obstacles.get(mode) : undefined);
  return {
    play: fitting.filter((mode) => obstacleOf(mode) === undefined),
    skip: [
      ...fitting.flatMap((mode) => {
        const reason = obstacleOf(mode);
        return reason === undefined ? [] : [{ proxyModes: [mode], reason }];
      }),
      {
        proxyModes: wanted.filter((mode) => !scenario.proxyModes.includes(mode)),
        reason: 'the scenario is not about this backend',
      },
    ],
  };
}

/** Groups in the order in which each requirement first appears; who asks for a lab of its own is a group. */
function byRequirement(planned: readonly Planned[]): Planned[][] {
  const groups = new Map<string, Planned[]>();
  for (const [index, item] of planned.entries()) {
    const { own, ...shape } = item.requirement;
    const key = own === true ? String(index) : JSON.stringify(Object.entries(shape).sort());
    groups.set(key, [...(groups.get(key) ?? []), item]);
  }
  return [...groups.values()];
}
