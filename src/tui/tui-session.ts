/**
 * The walkthrough behind the views: holds the state, plays scenarios at the user's pace, owns the lab. The engine is a
 * stream that is pulled, so "next" is pulling on; leaving aborts the scenario and pulls to its end, so that its cleanup
 * has run. Knows nothing of React or of terminals.
 */
import { LabError } from '../lab/lab-error.ts';
import type { AnyPlayable } from '../scenario/definition/exercise.ts';
import type { ScenarioEvent } from '../scenario/events.ts';
import type { LearnerAction } from '../scenario/exercise/guide.ts';
import { playExercise } from '../scenario/exercise/play-exercise.ts';
import type { LabLease, LabRequirement, OpenLab } from '../scenario/lab-lease.ts';
import type { Language } from '../scenario/localize.ts';
import { chooseModes, openLease } from '../scenario/play-all.ts';
import { playScenario } from '../scenario/play-scenario.ts';
import { unmetRequirement } from '../scenario/requirement.ts';
import { isSolved, openQuestion, solvedByLearner, type TuiState, type Walk } from './tui-state.ts';

/** How long auto-play leaves a part of the scenario standing: by the letters there are to read. */
const READING_MS_PER_CHARACTER = 20;
const LONGEST_READING_MS = 4_000;

export class TuiSession {
  readonly #openLab: OpenLab;
  readonly #podwire: readonly string[];
  readonly #listeners = new Set<() => void>();
  readonly #closed = Promise.withResolvers<void>();
  /** Aborted when the TUI closes: stops the building of a lab too. */
  readonly #closing = new AbortController();
  #state: TuiState;
  #lease: { readonly key: string; readonly lease: LabLease; readonly unsubscribe: () => void } | undefined;
  #playing: Promise<void> = Promise.resolve();
  #leave = new AbortController();
  #next: () => void = () => undefined;
  /** The learner's turn: says what they do. */
  #act: (action: LearnerAction) => void = () => undefined;

  constructor(
    scenarios: readonly AnyPlayable[],
    options: {
      readonly language: Language;
      readonly openLab: OpenLab;
      /** The command line that starts podwire, for a learner's second terminal. */
      readonly podwire: readonly string[];
    },
  ) {
    this.#openLab = options.openLab;
    this.#podwire = options.podwire;
    this.#state = { language: options.language, scenarios, selected: 0, outcomes: {}, building: [], closing: false };
  }

  readonly state = (): TuiState => this.#state;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** Resolves when the TUI has been closed and its lab released. Rejects when that failed. */
  get closed(): Promise<void> {
    return this.#closed.promise;
  }

  select(by: number): void {
    const { selected, scenarios } = this.#state;
    this.#set({ selected: Math.max(0, Math.min(selected + by, scenarios.length - 1)) });
  }

  /** From the scenarios to the first exercise, and back. */
  selectOtherKind(): void {
    const { selected, scenarios } = this.#state;
    const other = scenarios.findIndex(({ kind }) => kind !== scenarios[selected]?.kind);
    if (other >= 0) this.#set({ selected: other });
  }

  /** Opens the scenario that is selected. */
  open(): void {
    const scenario = this.#state.scenarios[this.#state.selected];
    if (scenario === undefined || this.#state.walk !== undefined || this.#state.closing) return;
    this.#leave = new AbortController();
    this.#set({ walk: { scenario, events: [], phase: 'opening', auto: false, chosen: {}, scroll: 0 } });
    this.#playing = this.#play(scenario);
  }

  /** Opens the scenario at this place of the list. */
  openAt(index: number): void {
    this.#set({ selected: index });
    this.open();
  }

  /** Plays on; at the end goes back to the menu. */
  next(): void {
    const { walk } = this.#state;
    if (walk?.phase === 'ended' || (walk?.turn !== undefined && isSolved(walk))) this.back();
    else this.#next();
  }

  /** Answers the question that is open with the choice of this number, counted from 1. */
  answer(choice: number): void {
    const { walk } = this.#state;
    const open = walk && openQuestion(walk);
    if (open === undefined || choice < 1 || choice > open.question.choices.length) return;
    this.#setWalk({ chosen: { ...walk!.chosen, [open.step.id]: choice } });
    this.#next();
  }

  /** On the learner's turn: has the state graded, gives a hint, or plays the solution, which is to be asked for twice. */
  act(action: Exclude<LearnerAction, 'leave'>): void {
    const { walk } = this.#state;
    if (walk?.turn === undefined) return;
    if (action === 'solution' && walk.turn === 'action') this.#setWalk({ turn: 'confirmation', scroll: 0 });
    else this.#act(action);
  }

  /** Does not want the solution after all. */
  decline(): void {
    if (this.#state.walk?.turn === 'confirmation') this.#setWalk({ turn: 'action' });
  }

  toggleAuto(): void {
    const { walk } = this.#state;
    if (walk === undefined) return;
    this.#setWalk({ auto: !walk.auto });
    if (!walk.auto && walk.phase === 'ready') this.#next();
  }

  scroll(by: number): void {
    if (this.#state.walk !== undefined) this.#setWalk({ scroll: this.#state.walk.scroll + by });
  }

  toggleLanguage(): void {
    this.#set({ language: this.#state.language === 'en' ? 'zh' : 'en' });
  }

  /** Leaves the scenario: what it made is removed, then the menu is shown. */
  back(): void {
    if (this.#state.walk === undefined || this.#state.walk.phase === 'leaving') return;
    this.#setWalk({ phase: 'leaving' });
    this.#leave.abort();
    this.#next();
    this.#act('leave');
    void this.#playing.then(() => this.#set({ walk: undefined }));
  }

  /** Closes the TUI: removes the lab, or lets go of one that was up before. */
  close(): void {
    if (this.#state.closing) return;
    this.#set({ closing: true });
    this.#closing.abort();
    this.#leave.abort();
    this.#next();
    this.#act('leave');
    this.#playing.then(() => this.#release()).then(this.#closed.resolve, this.#closed.reject);
  }

  async #play(scenario: AnyPlayable): Promise<void> {
    try {
      const { play, skip } = chooseModes(scenario, 'all');
      const proxyMode = play.find((mode) => mode === 'iptables') ?? play[0];
      if (proxyMode === undefined) throw new Error(skip.map(({ reason }) => reason).join('; '));
      this.#append({ type: 'scenarioStarted', scenario, proxyMode });
      const lab = await this.#lab({ ...scenario.lab, proxyMode }, scenario.name);
      const unmet = scenario.requires && (await unmetRequirement(scenario.requires, lab));
      if (unmet !== undefined) throw new Error(`it cannot be played here: ${unmet}`);
      const signal = this.#leave.signal;
      const labIsRemoved = (): boolean => this.#state.closing && this.#lease?.lease.borrowed === false;
      const options = { lab, proxyMode, signal, labIsRemoved };
      const events =
        scenario.kind === 'Exercise'
          ? playExercise(scenario, { ...options, learner: { podwire: this.#podwire, next: () => this.#nextAction() } })
          : playScenario(scenario, options);
      for await (const event of events) await this.#take(event);
    } catch (error) {
      this.#setWalk({ problem: this.#leave.signal.aborted ? '' : describe(error), phase: 'ended' });
    }
  }

  /** Shows an event; before a paragraph of its own, a question and its answer waits until the user wants to go on. */
  async #take(event: ScenarioEvent): Promise<void> {
    const begins = beginsPart(event);
    if (begins || event.type === 'question' || event.type === 'answer') await this.#pause();
    if (begins || event.type === 'question') this.#setWalk({ scroll: 0 });
    this.#append(event);
    const { walk } = this.#state;
    if (event.type === 'graded' && walk !== undefined && solvedByLearner(walk))
      this.#set({ outcomes: { ...this.#state.outcomes, [walk.scenario.name]: 'passed' } });
    if (event.type !== 'scenarioEnded') return;
    if (event.outcome !== 'interrupted') {
      this.#set({ outcomes: { ...this.#state.outcomes, [event.scenario.name]: event.outcome } });
    }
    this.#setWalk({ phase: this.#leave.signal.aborted ? 'leaving' : 'ended' });
  }

  /** What the learner does next. */
  async #nextAction(): Promise<LearnerAction> {
    if (this.#leave.signal.aborted) return 'leave';
    this.#setWalk({ phase: 'ready', turn: 'action' });
    const action = await new Promise<LearnerAction>((resolve) => {
      this.#act = resolve;
    });
    this.#act = () => undefined;
    const { turn: _, ...walk } = this.#state.walk!;
    this.#set({ walk: { ...walk, scroll: 0, phase: action === 'leave' ? walk.phase : 'running' } });
    return action;
  }

  async #pause(): Promise<void> {
    const { walk } = this.#state;
    if (walk === undefined || this.#leave.signal.aborted) return;
    this.#setWalk({ phase: 'ready' });
    await new Promise<void>((resolve) => {
      const timer = walk.auto ? setTimeout(resolve, readingTime(walk, this.#state.language)) : undefined;
      this.#next = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.#next = () => undefined;
    if (!this.#leave.signal.aborted) this.#setWalk({ phase: 'running' });
  }

  /** The lab of this shape: the one at hand, or another in its place. */
  async #lab(requirement: LabRequirement, scenario: string): Promise<LabLease['lab']> {
    const key = JSON.stringify([requirement, requirement.own === true ? scenario : '']);
    if (this.#lease?.key === key) return this.#lease.lease.lab;
    await this.#release();
    const signal = AbortSignal.any([this.#closing.signal, this.#leave.signal]);
    const opening = openLease(requirement, { openLab: this.#openLab, signal });
    for (;;) {
      const next = await opening.next();
      if (next.done === true) {
        const lease = next.value;
        const unsubscribe = lease.lab.subscribe((snapshot) => this.#set({ snapshot }));
        this.#lease = { key, lease, unsubscribe };
        return lease.lab;
      }
      if (next.value.type === 'labPart') this.#set({ building: [...this.#state.building, next.value.part] });
      else this.#append(next.value);
    }
  }

  async #release(): Promise<void> {
    const held = this.#lease;
    this.#lease = undefined;
    held?.unsubscribe();
    this.#set({ snapshot: undefined, building: [] });
    await held?.lease.release();
  }

  #append(event: ScenarioEvent): void {
    const { walk } = this.#state;
    if (walk !== undefined) this.#setWalk({ events: [...walk.events, event] });
  }

  #setWalk(change: Partial<Walk>): void {
    if (this.#state.walk !== undefined) this.#set({ walk: { ...this.#state.walk, ...change } });
  }

  #set(change: { [K in keyof TuiState]?: TuiState[K] | undefined }): void {
    const merged = { ...this.#state, ...change };
    if (merged.walk === undefined) delete merged.walk;
    if (merged.snapshot === undefined) delete merged.snapshot;
    this.#state = merged as TuiState;
    for (const listener of this.#listeners) listener();
  }
}

/** Whether a paragraph begins that is to be read before the next. A solution that was asked for begins at once. */
function beginsPart(event: ScenarioEvent): boolean {
  if (event.type !== 'stepStarted' || event.step.narration === undefined) return false;
  const { id, part } = event.step;
  if (part === undefined) return !id.includes('.');
  return part === 'solution' && /^solution\.([2-9]|\d{2,})$/.test(id);
}

function readingTime({ events }: Walk, language: Language): number {
  const said = events.flatMap((event) => {
    if (event.type === 'stepStarted') return event.step.narration?.[language] ?? [];
    return event.type === 'question'
      ? `${event.question.text[language]}${event.question.choices.map((choice) => choice[language])}`
      : [];
  });
  const letters = said.at(-1)?.length ?? 0;
  return Math.min(letters * READING_MS_PER_CHARACTER, LONGEST_READING_MS);
}

function describe(error: unknown): string {
  if (error instanceof LabError) return `${error.message}\n${error.why}\n${error.remedy}`;
  return error instanceof Error ? error.message : String(error);
}
