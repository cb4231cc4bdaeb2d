/** The head of the HTML report: counts that choose what is shown (no script: radio buttons), a row for each play, failed ones first. */
import type { ScenarioOutcome } from '../../events.ts';
import { type Language, localize } from '../../localize.ts';
import { failureOf, type PlayRecord, type RunRecord, type SkipRecord } from '../run-record.ts';
import { attribute, escapeXml } from '../xml.ts';
import { mark, seconds } from './markup.ts';
import { stepAnchor } from './step.ts';
import { WORDS } from './words.ts';

const ORDER: readonly ScenarioOutcome[] = ['failed', 'interrupted', 'passed'];

/** Where a play is on the page. */
export function playAnchor(play: number): string {
  return `play-${play}`;
}

/** Radio buttons and the table, both for the page's body: what they hide stands beside them. */
export function renderSummary(record: RunRecord, language: Language): string {
  const words = WORDS[language];
  const plays = record.plays.map((play, index) => ({ play, index }));
  const longest = Math.max(1, ...record.plays.map(({ ms }) => ms));
  const choices = [
    radio('all', `${words.all} ${plays.length + record.skips.length}`, true),
    ...ORDER.flatMap((outcome) => {
      const count = plays.filter(({ play }) => play.outcome === outcome).length;
      return count === 0 ? [] : [radio(outcome, `${words.outcome[outcome]} ${count}`)];
    }),
    ...(record.skips.length === 0 ? [] : [radio('skipped', `${words.outcome.skipped} ${record.skips.length}`)]),
  ];
  const rows = [
    ...ORDER.flatMap((outcome) => plays.filter(({ play }) => play.outcome === outcome)).map(({ play, index }) =>
      playRow(play, index, longest, language),
    ),
    ...record.skips.map((skip) => skipRow(skip, language)),
  ];
  if (rows.length === 0) return `<p>${words.nothing}</p>`;
  const head = words.columns.map((column) => `<th scope="col">${column}</th>`).join('');
  return `${choices.join('\n')}\n<table class="plays"><thead><tr>${head}</tr></thead><tbody>\n${rows.join('\n')}\n</tbody></table>`;
}

function radio(value: string, label: string, isChecked = false): string {
  const checked = isChecked ? ' checked' : '';
  return `<input type="radio" name="show" id="show-${value}"${checked}><label for="show-${value}">${escapeXml(label)}</label>`;
}

function playRow(play: PlayRecord, index: number, longest: number, language: Language): string {
  const { outcome, steps, ms, proxyMode } = play;
  const held = steps.filter((step) => step.outcome === 'held').length;
  const share = Math.round((100 * ms) / longest);
  return [
    `<tr class="${outcome}"><td>${mark(outcome, language)}</td>`,
    `<td><a href="#${playAnchor(index)}">${escapeXml(localize(play.scenario.title, language))}</a>${reasons(play, index, language)}</td>`,
    `<td>${escapeXml(proxyMode)}</td><td>${held}/${steps.length}</td>`,
    `<td class="time">${seconds(ms)}<span class="bar" style="width:${share}%"></span></td></tr>`,
  ].join('');
}

/** What it failed on, each a way to where it failed. */
function reasons(play: PlayRecord, index: number, language: Language): string {
  const failed = play.steps
    .filter(({ outcome }) => outcome !== 'held')
    .map((step) => {
      const line = `${step.ref.id} ${step.ref.verb}: ${failureOf(step).split('\n').slice(0, 2).join('; ')}`;
      return `<a class="problem"${attribute('href', `#${stepAnchor(index, step)}`)}>${escapeXml(line.slice(0, 300))}</a>`;
    });
  const cleanup = play.cleanupProblem === undefined ? [] : [`<span class="problem">${WORDS[language].cleanup}</span>`];
  return [...failed, ...cleanup].map((each) => `<br>${each}`).join('');
}

function skipRow({ scenario, proxyMode, reason }: SkipRecord, language: Language): string {
  const title = escapeXml(localize(scenario.title, language));
  return `<tr class="skipped"><td>${mark('skipped', language)}</td><td>${title}<br><small>${escapeXml(reason)}</small></td><td>${escapeXml(proxyMode)}</td><td></td><td></td></tr>`;
}
