/** A reporter that speaks when all is over: gathers the run, then writes it out as one document. */
import type { ScenarioEvent } from '../events.ts';
import type { Reporter } from './reporter.ts';
import { RunRecord } from './run-record.ts';

export class AtEndReporter implements Reporter {
  readonly #record = new RunRecord();
  readonly #render: (record: RunRecord) => string;

  constructor(render: (record: RunRecord) => string) {
    this.#render = render;
  }

  lines(event: ScenarioEvent): string[] {
    this.#record.add(event);
    return [];
  }

  summary(): string[] {
    return [this.#render(this.#record)];
  }
}
