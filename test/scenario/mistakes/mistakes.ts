/** Every kind of mistake a scenario file can have: the text, and what is said of it, place and remedy included. */
import type { Mistake } from './mistake.ts';
import { OF_EXPECTATIONS } from './of-expectations.ts';
import { OF_FILES } from './of-files.ts';
import { OF_STEPS } from './of-steps.ts';

export const MISTAKES: readonly Mistake[] = [...OF_FILES, ...OF_STEPS, ...OF_EXPECTATIONS];
