/** The reporter `html`: one self-contained page with every scenario, its lab, its steps and what they showed. */
import { type Language, localize } from '../../localize.ts';
import { labPicture } from '../pictures/lab-picture.ts';
import type { PlayRecord, RunRecord } from '../run-record.ts';
import { attribute, escapeXml } from '../xml.ts';
import { frame, mark, pre, seconds } from './markup.ts';
import { STYLE } from './page-style.ts';
import { renderStep } from './step.ts';
import { playAnchor, renderSummary } from './summary.ts';
import { WORDS } from './words.ts';

/** The whole page. */
export function renderHtml(record: RunRecord, language: Language): string {
  const words = WORDS[language];
  return [
    '<!doctype html>',
    `<html lang="${language}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">`,
    `<title>${words.heading}</title><style>${STYLE}</style></head><body>`,
    `<h1 id="top">${words.heading}</h1>`,
    `<p class="about">${words.began} ${escapeXml(record.startedAt)} · ${seconds(record.ms)}</p>`,
    renderSummary(record, language),
    '<main>',
    ...record.plays.map((play, index) => renderPlay(play, index, language)),
    '</main></body></html>',
  ].join('\n');
}

function renderPlay(play: PlayRecord, index: number, language: Language): string {
  const { scenario, proxyMode, lab, outcome, labState, namespace, cleanupProblem } = play;
  const words = WORDS[language];
  const about = [scenario.file, proxyMode, lab, seconds(play.ms)].filter((text) => text !== undefined).join(' · ');
  return [
    `<section${attribute('id', playAnchor(index))} class="${outcome}">`,
    `<h2>${mark(outcome, language)} ${escapeXml(localize(scenario.title, language))}</h2>`,
    `<p class="about">${escapeXml(about)} · <a href="#top">${words.top}</a></p>`,
    labState === undefined
      ? ''
      : `<details open><summary>${words.lab}</summary>${frame(labPicture(labState, namespace, language))}</details>`,
    ...play.steps.map((step) => renderStep(step, index, language)),
    cleanupProblem === undefined ? '' : `<p class="problem">${words.cleanup}</p>${pre(cleanupProblem)}`,
    '</section>',
  ].join('\n');
}
