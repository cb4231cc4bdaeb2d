/** A step in the HTML report: what it says, ran and saw, what held, and, folded, what it changed and what explains its failure. */
import type { Check, Question } from '../../events.ts';
import type { Language } from '../../localize.ts';
import { walkPicture } from '../pictures/walk-picture.ts';
import type { StepRecord } from '../run-record.ts';
import { attribute, escapeXml } from '../xml.ts';
import { folded, frame, pre, seconds } from './markup.ts';
import { renderRules } from './rules.ts';
import { WORDS } from './words.ts';

/** Where the step is on the page. */
export function stepAnchor(play: number, step: StepRecord): string {
  return `play-${play}-step-${step.ref.id}`;
}

/** The step, as part of play number `play`. */
export function renderStep(step: StepRecord, play: number, language: Language): string {
  const { ref, commands, outputs, walks, questions, checks, problem, evidence, outcome, ms } = step;
  const words = WORDS[language];
  const narration = ref.narration?.[language];
  const printed = outputs.map(pre);
  return [
    `<article class="${outcome}"${attribute('id', stepAnchor(play, step))}>`,
    `<p class="step"><b>${escapeXml(ref.id)}</b> ${escapeXml(ref.verb)} <span>${seconds(ms)}</span></p>`,
    narration === undefined ? '' : `<p class="narration">${escapeXml(narration)}</p>`,
    ...commands.map(({ where, text }) => {
      const place = where === undefined ? '' : `<b>${escapeXml(where)}</b> `;
      return `<div class="command">${place}$ ${escapeXml(text)}</div>`;
    }),
    ...walks.map((hops) => frame(walkPicture(hops, language))),
    ...(walks.length === 0 ? printed : [folded(words.walk, printed.join(''))]),
    ...questions.map((question) => renderQuestion(question, language)),
    renderChecks(checks),
    problem === undefined ? '' : `<p class="problem">${escapeXml(problem)}</p>`,
    outcome === 'interrupted' ? `<p class="problem">${words.outcome.interrupted}</p>` : '',
    renderRules(step.rules, language),
    ...evidence.map(({ title, text }) => folded(title, pre(text))),
    '</article>',
  ].join('');
}

function renderChecks(checks: readonly Check[]): string {
  const items = checks
    .filter(({ held, implied }) => !held || implied !== true)
    .map(({ held, expected, observed }) =>
      held
        ? `<li class="held">${escapeXml(expected)}</li>`
        : `<li class="broken">${escapeXml(expected)}<br><span>${escapeXml(observed)}</span></li>`,
    );
  return items.length === 0 ? '' : `<ul>${items.join('')}</ul>`;
}

function renderQuestion({ text, choices, answer, explain }: Question, language: Language): string {
  const items = choices.map(
    (choice, index) => `<li${index + 1 === answer ? ' class="held"' : ''}>${escapeXml(choice[language])}</li>`,
  );
  const why = explain === undefined ? '' : `<p>${escapeXml(explain[language])}</p>`;
  return `<p class="narration">${escapeXml(text[language])}</p><ul>${items.join('')}</ul>${why}`;
}
