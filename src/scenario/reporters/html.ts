/** The reporter `html`: one self-contained page with every scenario, its lab, its steps and what they showed. */
import type { Question } from '../events.ts';
import { type Language, localize } from '../localize.ts';
import { STYLE } from './html-style.ts';
import { labPicture } from './pictures/lab-picture.ts';
import { walkPicture } from './pictures/walk-picture.ts';
import { failureOf, type PlayRecord, type RunRecord, type StepRecord } from './run-record.ts';
import { attribute, escapeXml } from './xml.ts';

const WORDS = {
  en: {
    heading: 'podwire: scenarios played',
    skipped: 'skipped',
    lab: 'The lab at the end of the steps',
    cleanup: 'cleanup failed',
    walk: 'the walk in words',
  },
  zh: {
    heading: 'podwire：已运行的场景',
    skipped: '跳过',
    lab: '步骤结束时的实验环境',
    cleanup: '清理失败',
    walk: '路径的文字',
  },
} as const;

/** The whole page. */
export function renderHtml(record: RunRecord, language: Language): string {
  const words = WORDS[language];
  const rows = [
    ...record.plays.map(
      (play, index) =>
        `<tr class="${play.outcome}"><td>${mark(play.outcome)}</td><td><a href="#play-${index}">${escapeXml(localize(play.scenario.title, language))}</a></td><td>${play.proxyMode}</td><td>${seconds(play.ms)}</td></tr>`,
    ),
    ...record.skips.map(
      ({ scenario, proxyMode, reason }) =>
        `<tr class="skipped"><td>–</td><td>${escapeXml(localize(scenario.title, language))}</td><td>${proxyMode}</td><td>${words.skipped}: ${escapeXml(reason)}</td></tr>`,
    ),
  ];
  return [
    '<!doctype html>',
    `<html lang="${language}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">`,
    `<title>${words.heading}</title><style>${STYLE}</style></head><body>`,
    `<h1>${words.heading}</h1>`,
    `<p>${escapeXml(record.startedAt)} · ${seconds(record.ms)}</p>`,
    `<table>${rows.join('')}</table>`,
    ...record.plays.map((play, index) => renderPlay(play, index, language)),
    '</body></html>',
  ].join('\n');
}

function renderPlay(play: PlayRecord, index: number, language: Language): string {
  const { scenario, proxyMode, lab, outcome, snapshot, namespace, cleanupProblem } = play;
  const words = WORDS[language];
  const about = [scenario.file, proxyMode, lab].filter((text) => text !== undefined).join(' · ');
  return [
    `<section id="play-${index}" class="${outcome}">`,
    `<h2>${mark(outcome)} ${escapeXml(localize(scenario.title, language))}</h2>`,
    `<p class="about">${escapeXml(about)} · ${seconds(play.ms)}</p>`,
    snapshot === undefined
      ? ''
      : `<details><summary>${words.lab}</summary><div class="frame">${labPicture(snapshot, namespace, language)}</div></details>`,
    ...play.steps.map((step) => renderStep(step, language)),
    cleanupProblem === undefined ? '' : `<p class="problem">${words.cleanup}</p>${pre(cleanupProblem)}`,
    '</section>',
  ].join('\n');
}

function renderStep(step: StepRecord, language: Language): string {
  const words = WORDS[language];
  const { ref, commands, outputs, walks, questions, checks, evidence, outcome } = step;
  const narration = ref.narration?.[language];
  const shown = commands.map(
    ({ where, text }) => `<div class="command"><b>${escapeXml(where ?? '')}</b> $ ${escapeXml(text)}</div>`,
  );
  const claims = checks
    .filter(({ held, implied }) => !held || implied !== true)
    .map(({ held, expected, observed }) =>
      held
        ? `<li class="held">${escapeXml(expected)}</li>`
        : `<li class="broken">${escapeXml(expected)}<br>${escapeXml(observed)}</li>`,
    );
  const failure = failureOf(step);
  return [
    `<article class="${outcome}"${attribute('id', `${ref.id}-${ref.verb}`)}>`,
    narration === undefined ? '' : `<p class="narration"><b>${ref.id}</b> ${escapeXml(narration)}</p>`,
    ...shown,
    ...walks.map((hops) => `<div class="frame">${walkPicture(hops, { language })}</div>`),
    ...(walks.length === 0 ? outputs.map(pre) : outputs.map((text) => folded(words.walk, text))),
    ...questions.map((question) => renderQuestion(question, language)),
    claims.length === 0 ? '' : `<ul>${claims.join('')}</ul>`,
    failure === '' ? '' : `<p class="problem">${escapeXml(failure.split('\n')[0]!)}</p>`,
    ...evidence.map(({ title, text }) => folded(title, text)),
    '</article>',
  ].join('');
}

function renderQuestion({ text, choices, answer, explain }: Question, language: Language): string {
  const items = choices.map(
    (choice, index) => `<li${index + 1 === answer ? ' class="held"' : ''}>${escapeXml(choice[language])}</li>`,
  );
  const why = explain === undefined ? '' : `<p>${escapeXml(explain[language])}</p>`;
  return `<p class="narration">${escapeXml(text[language])}</p><ul>${items.join('')}</ul>${why}`;
}

function folded(title: string, text: string): string {
  return `<details><summary>${escapeXml(title)}</summary>${pre(text)}</details>`;
}

function pre(text: string): string {
  return `<pre>${escapeXml(text)}</pre>`;
}

function mark(outcome: PlayRecord['outcome']): string {
  return { passed: '✓', failed: '✗', interrupted: '…' }[outcome];
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(2)} s`;
}
