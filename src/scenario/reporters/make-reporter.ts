/** The reporter of a name. */
import { AtEndReporter } from './at-end-reporter.ts';
import { GithubReporter } from './github.ts';
import { renderHtml } from './html/page.ts';
import { jsonReport } from './json.ts';
import { renderJunit } from './junit.ts';
import { PrettyReporter } from './pretty.ts';
import type { Reporter, ReporterName, ReporterOptions } from './reporter.ts';
import { TapReporter } from './tap.ts';

export function makeReporter(name: ReporterName, options: ReporterOptions): Reporter {
  switch (name) {
    case 'pretty':
      return new PrettyReporter(options);
    case 'tap':
      return new TapReporter(options);
    case 'junit':
      return new AtEndReporter((record) => renderJunit(record, options.language));
    case 'json':
      return new AtEndReporter((record) => JSON.stringify(jsonReport(record), null, 2));
    case 'github':
      return new GithubReporter(options);
    case 'html':
      return new AtEndReporter((record) => renderHtml(record, options.language));
  }
}
