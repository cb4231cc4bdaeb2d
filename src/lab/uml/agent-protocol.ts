/**
 * What is said on a stream between a command on the host and the agent in the guest: frames, the first of which says what the
 * stream is for. A program's input travels on a stream of its own, so that a program that does not read cannot keep signals
 * from reaching it.
 */
import type { TerminalSize } from '../../kernel/kernel.ts';
import type { LabPlan } from '../plan-lab.ts';

/** Kinds of frames; what is JSON says so. `id` is always 0. */
export const AGENT = {
  /** First, JSON `RunRequest`: start a program. Then `resize` and `signal`. */
  run: 0,
  /** First, the token of `started`: what follows as `bytes` is the program's input, which ends with the stream. */
  input: 1,
  /** First, JSON `UpRequest`: bring the lab up. It is given up when the stream ends before it is ready. */
  up: 2,
  bytes: 3,
  /** JSON `TerminalSize`. */
  resize: 4,
  /** Its name. */
  signal: 5,
  /** From here on the agent speaks. JSON `Started`. */
  started: 16,
  /** What the program wrote to its terminal or, without one, to its standard output. */
  output: 17,
  errors: 18,
  /** Last, JSON `ProgramEnd`. */
  ended: 19,
  /** JSON `UpMessage`. */
  progress: 20,
} as const;

/** What stands behind one of a program's standard streams. All that are `terminal` are one terminal. */
export type StandardStream = 'terminal' | 'pipe' | 'none';

export interface RunRequest {
  readonly argv: readonly [string, ...string[]];
  /** The network namespace to start in; `''` is the guest's own. */
  readonly netns: string;
  /** The whole environment; absent: the agent's own. */
  readonly env?: Readonly<Record<string, string>>;
  /** Where the guest has no such folder, `/`. */
  readonly cwd: string;
  /** Standard input, output, error. */
  readonly stdio: readonly [StandardStream, StandardStream, StandardStream];
  readonly size?: TerminalSize;
}

export interface Started {
  readonly token: string;
}

export interface ProgramEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** It could not be started. */
  readonly error?: string;
}

export interface UpRequest {
  readonly plan: LabPlan;
  readonly asked: boolean;
  /** Where the API listens on the host's loopback, and so on the guest's; absent: where it did. */
  readonly apiPort?: number;
}

export type UpMessage =
  | { readonly type: 'built'; readonly part: string; readonly ms: number }
  | { readonly type: 'note'; readonly text: string }
  | { readonly type: 'ready'; readonly kubeconfig: string }
  | {
      readonly type: 'failed';
      readonly error: { readonly what: string; readonly why: string; readonly remedy: string };
    };
