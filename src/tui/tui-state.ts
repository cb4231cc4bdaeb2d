/** What the TUI shows at one moment, and the little arithmetic on it. Plain data: views render it, the session replaces it. */
import type { LabSnapshot } from '../lab/lab-snapshot.ts';
import type { AnyPlayable } from '../scenario/definition/exercise.ts';
import type { ScenarioEvent, ScenarioOutcome } from '../scenario/events.ts';
import type { Language } from '../scenario/localize.ts';

export interface Walk {
  readonly scenario: AnyPlayable;
  readonly events: readonly ScenarioEvent[];
  /**
   * `opening`: the lab is being built; `ready`: waits for enter; `running`: steps run; `ended`: all is said;
   * `leaving`: the scenario is cleaned up after.
   */
  readonly phase: 'opening' | 'ready' | 'running' | 'ended' | 'leaving';
  readonly auto: boolean;
  /** Of an exercise: the learner's turn. `confirmation`: the solution was asked for, and waits to be asked for again. */
  readonly turn?: 'action' | 'confirmation';
  /** The choices taken, counted from 1, by the id of the step that asked. */
  readonly chosen: Readonly<Record<string, number>>;
  /** Lines scrolled from where the view stands by itself. */
  readonly scroll: number;
  /** Why the lab could not be had: what, why, what to do. */
  readonly problem?: string;
}

export interface TuiState {
  readonly language: Language;
  readonly scenarios: readonly AnyPlayable[];
  readonly selected: number;
  /** How scenarios ended that were played to the end, by name. */
  readonly outcomes: Readonly<Record<string, ScenarioOutcome>>;
  /** Absent: the menu is shown. */
  readonly walk?: Walk;
  /** Parts of the lab built so far, while it is being built. */
  readonly building: readonly string[];
  readonly snapshot?: LabSnapshot;
  /** The lab is being given up; the TUI closes when that is done. */
  readonly closing: boolean;
}

/** Whether the learner has repaired the exercise without its solution. */
export function solvedByLearner({ events }: Walk): boolean {
  const grades = events.filter((event) => event.type === 'graded');
  return grades.some(({ solved }) => solved) && grades.every(({ by }) => by === 'learner');
}

/** Whether the last grade was that all claims hold. */
export function isSolved({ events }: Walk): boolean {
  return events.findLast((event) => event.type === 'graded')?.solved === true;
}

/** The question that waits for an answer. */
export function openQuestion(walk: Walk): Extract<ScenarioEvent, { type: 'question' }> | undefined {
  const last = walk.events.at(-1);
  return walk.phase === 'ready' && last?.type === 'question' ? last : undefined;
}

/** The namespace of the scenario that is played. */
export function namespaceOf(walk: Walk | undefined): string | undefined {
  const ready = walk?.events.find((event) => event.type === 'namespaceReady');
  return ready?.namespace;
}
