/** The reporter of a name. */
import { GithubReporter } from './github.ts';
import { HtmlReporter } from './html.ts';
import { JsonReporter } from './json.ts';
import { JunitReporter } from './junit.ts';
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
      return new JunitReporter(options);
    case 'json':
      return new JsonReporter();
    case 'github':
      return new GithubReporter(options);
    case 'html':
      return new HtmlReporter(options);
  }
}
