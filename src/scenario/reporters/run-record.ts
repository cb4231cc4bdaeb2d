/** A whole run as one value, gathered from its events: what the reporters that speak at the end are made from. */
import type { Hop } from '../../walk/hops.ts';
import type { Playable } from '../definition/scenario.ts';
import type {
  Check,
  Evidence,
  LabState,
  Question,
  RulesChanged,
  ScenarioEvent,
  ScenarioOutcome,
  StepOutcome,
  StepRef,
} from '../events.ts';
import type { ProxyMode } from '../lab-lease.ts';
import { bounded } from './bounded.ts';

export interface StepRecord {
  readonly ref: StepRef;
  readonly commands: { readonly where?: string; readonly text: string }[];
  readonly outputs: string[];
  /** The walks a trace captured. */
  readonly walks: (readonly Hop[])[];
  readonly questions: Question[];
  readonly checks: Check[];
  /** `interrupted` until its end is told. */
  outcome: StepOutcome;
  /** Milliseconds. */
  ms: number;
  problem?: string;
  evidence: readonly Evidence[];
  rules?: RulesChanged;
}

export interface PlayRecord {
  readonly scenario: Playable;
  readonly proxyMode: ProxyMode;
  /** RFC 3339. */
  readonly startedAt: string;
  lab?: string;
  namespace?: string;
  readonly steps: StepRecord[];
  /** The lab when the steps had ended. */
  labState?: LabState;
  cleanupProblem?: string;
  outcome: ScenarioOutcome;
  /** Milliseconds. */
  ms: number;
}

export interface SkipRecord {
  readonly scenario: Playable;
  readonly proxyMode: ProxyMode;
  readonly reason: string;
}

export class RunRecord {
  readonly startedAt = new Date().toISOString();
  readonly plays: PlayRecord[] = [];
  readonly skips: SkipRecord[] = [];
  readonly #now: () => number;
  readonly #started: number;

  constructor(now: () => number = Date.now) {
    this.#now = now;
    this.#started = now();
  }

  /** Milliseconds since the run began. */
  get ms(): number {
    return this.#now() - this.#started;
  }

  add(event: ScenarioEvent): void {
    switch (event.type) {
      case 'scenarioStarted':
        this.plays.push({
          scenario: event.scenario,
          proxyMode: event.proxyMode,
          startedAt: new Date(this.#now()).toISOString(),
          steps: [],
          outcome: 'interrupted',
          ms: 0,
        });
        break;
      case 'scenarioSkipped':
        for (const proxyMode of event.proxyModes)
          this.skips.push({ scenario: event.scenario, proxyMode, reason: event.reason });
        break;
      case 'labReady':
        this.#play().lab = event.lab;
        break;
      case 'namespaceReady':
        this.#play().namespace = event.namespace;
        break;
      case 'stepStarted':
        this.#play().steps.push({
          ref: event.step,
          commands: [],
          outputs: [],
          walks: [],
          questions: [],
          checks: [],
          outcome: 'interrupted',
          ms: 0,
          evidence: [],
        });
        break;
      case 'command':
        this.#step(event.step).commands.push({
          ...(event.where === undefined ? {} : { where: event.where }),
          text: event.text,
        });
        break;
      case 'output':
        this.#step(event.step).outputs.push(bounded(event.text));
        if (event.hops !== undefined) this.#step(event.step).walks.push(event.hops);
        break;
      case 'question':
        this.#step(event.step).questions.push(event.question);
        break;
      case 'answer':
        break;
      case 'expectation':
        this.#step(event.step).checks.push(boundedCheck(event.check));
        break;
      case 'stepEnded': {
        const { outcome, ms, evidence, problem, rules } = event;
        Object.assign(this.#step(event.step), {
          ...{ outcome, ms, evidence: evidence.map(({ title, text }) => ({ title, text: bounded(text) })) },
          ...(problem === undefined ? {} : { problem: bounded(problem) }),
          ...(rules === undefined ? {} : { rules }),
        });
        break;
      }
      case 'cleanupFailed':
        this.#play().cleanupProblem = bounded(event.problem);
        break;
      case 'scenarioEnded':
        Object.assign(this.#play(), { outcome: event.outcome, ms: event.ms });
        break;
      case 'stepsEnded':
        this.#play().labState = event.lab;
        break;
      case 'labPart':
      case 'task':
      case 'hint':
      case 'graded':
      case 'explained':
        break;
    }
  }

  #play(): PlayRecord {
    return this.plays.at(-1)!;
  }

  /** Steps within a step end before it does, so the youngest of that id is meant. */
  #step(ref: StepRef): StepRecord {
    return this.#play().steps.findLast((step) => step.ref.id === ref.id)!;
  }
}

function boundedCheck({ expected, observed, ...rest }: Check): Check {
  return { ...rest, expected: bounded(expected), observed: bounded(observed) };
}

/** What a step failed on, in words: its checks that did not hold, or why there is no result. Empty when it held. */
export function failureOf(step: StepRecord): string {
  if (step.outcome === 'held') return '';
  const failed = step.checks
    .filter(({ held }) => !held)
    .map(({ expected, observed }) => `expected: ${expected}\nobserved: ${observed}`);
  const problem = step.problem === undefined ? [] : [step.problem];
  if (failed.length + problem.length > 0) return [...failed, ...problem].join('\n');
  return step.outcome === 'interrupted' ? 'interrupted' : 'failed';
}

/** What explains a failure, as text, a title above each piece: what the step printed (of a trace, the walk) and the evidence. */
export function evidenceText({ outputs, evidence }: StepRecord): string {
  const printed = outputs.length === 0 ? [] : [{ title: 'output', text: outputs.join('\n') }];
  return [...printed, ...evidence].map(({ title, text }) => `${title}:\n${text}`).join('\n\n');
}

/** What ran and what it printed, as in a terminal. */
export function transcriptOf(step: StepRecord): string {
  const commands = step.commands.map(({ where, text }) => `${where === undefined ? '' : `${where} `}$ ${text}`);
  return [...commands, ...step.outputs].join('\n');
}

/** How a step is named in reports: its number, its verb, and the first sentence of its narration or what it ran. */
export function stepTitle(step: StepRecord, language: 'en' | 'zh'): string {
  const { id, verb, narration } = step.ref;
  const sentence = /^.*?(?:[.?!](?=\s|$)|[。？！]|$)/s.exec(narration?.[language] ?? '')?.[0].trim();
  const about = sentence || step.commands[0]?.text.split('\n')[0];
  return about === undefined ? `${id} ${verb}` : `${id} ${verb}: ${about}`;
}
