/** Plays one scenario in a lab: the reporter pulls its events as fast as they come, the TUI at the pace of its user. */
import type { Scenario } from './definition/scenario.ts';
import type { ScenarioEvent, ScenarioOutcome } from './events.ts';
import { type PlayOptions, playInLab } from './play-in-lab.ts';
import { playSteps } from './play-steps.ts';

/** Plays the scenario; its last event is `scenarioEnded`. */
export function playScenario(scenario: Scenario, options: PlayOptions): AsyncGenerator<ScenarioEvent, ScenarioOutcome> {
  return playInLab(scenario, options, (run) => playSteps(scenario.steps, '', run));
}
