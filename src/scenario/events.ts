/** What happens while scenarios are played: the one stream that the reporters and the TUI read. */

import type { LabSnapshot } from '../lab/lab-snapshot.ts';
import type { LinkState } from '../lab/link-state.ts';
import type { Hop } from '../walk/hops.ts';
import type { SectionDiff } from '../walk/rules/diff-sections.ts';
import type { Playable } from './definition/scenario.ts';
import type { ProxyMode } from './lab-lease.ts';
import type { Language } from './localize.ts';
import type { CommandLine } from './step-context.ts';

/** One thing a step claims, beside what was seen. */
export interface Check {
  readonly expected: string;
  readonly observed: string;
  readonly held: boolean;
  /** Goes without saying (a command succeeds): shown only when it does not hold. */
  readonly implied?: boolean;
}

/** What is shown of a step that failed: the state of the lab that explains it. */
export interface Evidence {
  /** `endpoints of nginx`, `rules of nginx on node-1`, `events`. */
  readonly title: string;
  readonly text: string;
}

/** What a step of an exercise is for: to set the fault, to show that it is there, to repair it, to show that it is gone. */
export type ExercisePart = 'setup' | 'before' | 'solution' | 'after';

export interface StepRef {
  /** `3`; `7.2` for the second step within the seventh; `c1` for the first of the cleanup. */
  readonly id: string;
  readonly verb: string;
  readonly part?: ExercisePart;
  /** The narration in each language, its bindings filled in. */
  readonly narration?: Readonly<Record<Language, string>>;
}

export type InBoth = Readonly<Record<Language, string>>;

export interface Question {
  readonly text: InBoth;
  readonly choices: readonly InBoth[];
  /** Counted from 1. */
  readonly answer: number;
  readonly explain?: InBoth;
}

/** One claim of an exercise, as it was found. */
export interface GradedClaim {
  readonly claim: InBoth;
  readonly command?: CommandLine;
  readonly checks: readonly Check[];
  readonly held: boolean;
  /** Why it could not be looked at. */
  readonly problem?: string;
  /** Milliseconds. */
  readonly ms: number;
}

/** Nodes with the same change are named together; one of them alone where its rules are its own. */
export interface RuleChange {
  readonly nodes: readonly string[];
  readonly sections: readonly SectionDiff[];
}

export interface RulesChanged {
  readonly changes: readonly RuleChange[];
  /** Why there is no telling what changed. */
  readonly problem?: string;
}

/** A lab at one moment, as a picture shows it. */
export interface LabState {
  readonly snapshot: LabSnapshot;
  /** The links with which something is wrong. */
  readonly faults: readonly Pick<LinkState, 'target' | 'fault'>[];
}

export type StepOutcome = 'held' | 'failed' | 'interrupted';
export type ScenarioOutcome = 'passed' | 'failed' | 'interrupted';

export type ScenarioEvent =
  | { readonly type: 'scenarioStarted'; readonly scenario: Playable; readonly proxyMode: ProxyMode }
  /** A part of the lab was built for this scenario. */
  | { readonly type: 'labPart'; readonly part: string }
  | {
      readonly type: 'labReady';
      readonly lab: string;
      readonly kernel: LabSnapshot['kernel'];
      readonly borrowed: boolean;
      readonly ms: number;
    }
  /** The Kubernetes namespace the scenario's objects go to. */
  | { readonly type: 'namespaceReady'; readonly namespace: string }
  | { readonly type: 'stepStarted'; readonly step: StepRef }
  /** What a user would type; `where` is the node, pod or host it runs in, absent on the user's own machine. */
  | { readonly type: 'command'; readonly step: StepRef; readonly where?: string; readonly text: string }
  /** A question to the reader, and, after it, which choice is right (counted from 1) and why. */
  | { readonly type: 'question'; readonly step: StepRef; readonly question: Question }
  | { readonly type: 'answer'; readonly step: StepRef; readonly question: Question }
  /** What a step printed; of a trace also its hops. */
  /** An exercise is set, and its learner's turn begins: `environment` is a file for the shell of a second terminal. */
  | { readonly type: 'task'; readonly task: InBoth; readonly hints: number; readonly environment: string }
  | { readonly type: 'hint'; readonly number: number; readonly of: number; readonly text: InBoth }
  | {
      readonly type: 'graded';
      readonly claims: readonly GradedClaim[];
      /** Whose work was graded. */
      readonly by: 'learner' | 'solution';
      readonly solved: boolean;
    }
  /** What had been wrong with a repaired exercise. */
  | { readonly type: 'explained'; readonly text: InBoth }
  | { readonly type: 'output'; readonly step: StepRef; readonly text: string; readonly hops?: readonly Hop[] }
  | { readonly type: 'expectation'; readonly step: StepRef; readonly check: Check }
  | {
      readonly type: 'stepEnded';
      readonly step: StepRef;
      readonly outcome: StepOutcome;
      readonly ms: number;
      /** Why it failed where no expectation says so. */
      readonly problem?: string;
      readonly evidence: readonly Evidence[];
      /** What changed in the kernel's rules while it ran, where that is recorded. */
      readonly rules?: RulesChanged;
    }
  /** The steps have ended; `lab` is as they left it. */
  | { readonly type: 'stepsEnded'; readonly lab: LabState }
  /** Something could not be cleaned up. */
  | { readonly type: 'cleanupFailed'; readonly problem: string }
  | {
      readonly type: 'scenarioEnded';
      readonly scenario: Playable;
      readonly outcome: ScenarioOutcome;
      readonly steps: number;
      readonly checks: number;
      readonly ms: number;
    }
  | {
      readonly type: 'scenarioSkipped';
      readonly scenario: Playable;
      readonly proxyModes: readonly ProxyMode[];
      readonly reason: string;
    };
