/**
 * `podwire rules [NODE]`: the rules of a node, each with the Service and endpoint it is there for. With `--diff` what changed since the
 * last `--diff`: run once before a change and once behind it.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findLab } from '../../lab/find-lab.ts';
import { LabError } from '../../lab/lab-error.ts';
import { nodeRules } from '../../lab/node-rules.ts';
import { connectLab } from '../../lab/open-lab.ts';
import { isProxyMode } from '../../objects/proxy-mode.ts';
import { diffSections, formatDiff } from '../../walk/rules/diff-sections.ts';
import { formatSections, type RuleSection, sectionsOf } from '../../walk/rules/rule-section.ts';

export interface RulesOptions {
  readonly name: string;
  /** `ns/name`, or a name in the namespace default. */
  readonly service?: string;
  readonly output?: 'json';
  readonly diff?: boolean;
}

/** Without a node that of the first worker. */
export async function rulesCommand(node: string | undefined, options: RulesOptions): Promise<number> {
  const lab = await connectLab(options.name);
  try {
    const { nodes, services } = await lab.snapshot();
    const chosen =
      node === undefined
        ? (nodes.find(({ role }) => role === 'worker') ?? nodes[0])
        : nodes.find(({ name }) => name === node);
    if (chosen === undefined || !isProxyMode(chosen.proxy.mode))
      throw unknown(`node "${node}"`, `the lab's nodes are ${nodes.map(({ name }) => name).join(', ')}`);
    const service = options.service?.includes('/') === false ? `default/${options.service}` : options.service;
    if (service !== undefined && !services.some(({ namespace, name }) => `${namespace}/${name}` === service))
      throw unknown(`Service "${service}"`, 'podwire status lists those there are, as NAMESPACE/NAME');
    // What was acknowledged before belongs to the picture.
    if (options.diff === true) await lab.programmed();
    const all = await nodeRules(lab, chosen);
    const chosenLines = (sections: readonly RuleSection[]) =>
      service === undefined ? sections : sectionsOf(sections, service);
    const isJson = options.output === 'json';
    if (options.diff !== true) {
      const sections = chosenLines(all);
      process.stdout.write(isJson ? `${JSON.stringify(sections, null, 2)}\n` : formatSections(sections));
      return 0;
    }
    const before = exchangeListing(join(findLab(options.name).path, `rules-${chosen.name}.json`), all);
    const diffs = before === undefined ? [] : diffSections(chosenLines(before), chosenLines(all));
    if (isJson) process.stdout.write(`${JSON.stringify(diffs, null, 2)}\n`);
    else if (before === undefined)
      process.stdout.write(`The rules of ${chosen.name} are remembered: make a change, then run this again.\n`);
    else process.stdout.write(diffs.length === 0 ? 'Nothing changed.\n' : formatDiff(diffs));
    return 0;
  } finally {
    lab.close();
  }
}

/** Puts this listing in the place of the last one, which it gives; undefined when there was none. */
function exchangeListing(path: string, sections: readonly RuleSection[]): RuleSection[] | undefined {
  let before: RuleSection[] | undefined;
  try {
    before = JSON.parse(readFileSync(path, 'utf8')) as RuleSection[];
  } catch (error) {
    // The first time; or it was cut short, and is no picture of anything.
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT' && !(error instanceof SyntaxError)) throw error;
  }
  writeFileSync(path, JSON.stringify(sections), { mode: 0o600 });
  return before;
}

function unknown(what: string, why: string): LabError {
  return new LabError({
    what: `there is no ${what}`,
    why,
    remedy: 'podwire rules NODE --service NAMESPACE/NAME',
    exitCode: 2,
  });
}
