/**
 * The reporter `junit`: a suite for each scenario and backend, a case for each step. The shape is that of the Ant
 * schema (windyroad/JUnit-Schema), which Jenkins, GitLab and Azure DevOps read too.
 */
import { hostname } from 'node:os';
import { type Language, localize } from '../localize.ts';
import {
  evidenceText,
  failureOf,
  type PlayRecord,
  type RunRecord,
  type SkipRecord,
  type StepRecord,
  stepTitle,
  transcriptOf,
} from './run-record.ts';
import { attribute, escapeXml } from './xml.ts';

/** The whole document. */
export function renderJunit(record: RunRecord, language: Language): string {
  const suites = [
    ...record.plays.map((play, id) => playedSuite(play, id, language)),
    ...record.skips.map((skip, index) => skippedSuite(skip, record.plays.length + index, record.startedAt, language)),
  ];
  return ['<?xml version="1.0" encoding="UTF-8"?>', '<testsuites>', ...suites, '</testsuites>'].join('\n');
}

interface Suite {
  readonly id: number;
  readonly name: string;
  readonly mode: string;
  readonly startedAt: string;
  readonly ms: number;
  readonly properties: Readonly<Record<string, string | undefined>>;
  readonly cases: readonly Case[];
}

interface Case {
  readonly name: string;
  readonly ms: number;
  readonly result?: {
    readonly element: 'failure' | 'error' | 'skipped';
    readonly message: string;
    readonly text: string;
  };
  readonly transcript?: string;
}

function playedSuite(play: PlayRecord, id: number, language: Language): string {
  const cases = play.steps.map((step) => stepCase(step, language));
  if (play.cleanupProblem !== undefined)
    cases.push({
      name: 'cleanup',
      ms: 0,
      result: { element: 'error', message: 'cleanup failed', text: play.cleanupProblem },
    });
  if (play.outcome === 'interrupted' && cases.every(({ result }) => result === undefined))
    cases.push({ name: 'run', ms: 0, result: { element: 'error', message: 'interrupted', text: '' } });
  return renderSuite({
    ...{ id, cases },
    name: play.scenario.name,
    mode: play.proxyMode,
    startedAt: play.startedAt,
    ms: play.ms,
    properties: {
      title: localize(play.scenario.title, language),
      file: play.scenario.file,
      lab: play.lab,
      namespace: play.namespace,
    },
  });
}

function skippedSuite(skip: SkipRecord, id: number, startedAt: string, language: Language): string {
  return renderSuite({
    ...{ id, startedAt, ms: 0 },
    name: skip.scenario.name,
    mode: skip.proxyMode,
    properties: { title: localize(skip.scenario.title, language), file: skip.scenario.file },
    cases: [{ name: 'scenario', ms: 0, result: { element: 'skipped', message: skip.reason, text: '' } }],
  });
}

function stepCase(step: StepRecord, language: Language): Case {
  const failure = failureOf(step);
  return {
    name: stepTitle(step, language),
    ms: step.ms,
    transcript: transcriptOf(step),
    ...(failure === ''
      ? {}
      : {
          result: {
            element: step.outcome === 'failed' ? 'failure' : 'error',
            message: failure.split('\n')[0]!,
            text: [failure, evidenceText(step)].filter((text) => text !== '').join('\n\n'),
          },
        }),
  };
}

function renderSuite(suite: Suite): string {
  const count = (element: string): number => suite.cases.filter(({ result }) => result?.element === element).length;
  const className = `${suite.name}.${suite.mode}`;
  const head =
    attribute('id', suite.id) +
    attribute('name', className) +
    attribute('package', suite.name) +
    // Ant's schema has no place for milliseconds or a zone here.
    attribute('timestamp', suite.startedAt.slice(0, 19)) +
    attribute('hostname', hostname() || 'localhost') +
    attribute('tests', suite.cases.length) +
    attribute('failures', count('failure')) +
    attribute('errors', count('error')) +
    attribute('time', seconds(suite.ms));
  const properties = Object.entries({ ...suite.properties, proxyMode: suite.mode }).flatMap(([name, value]) =>
    value === undefined ? [] : [`<property${attribute('name', name)}${attribute('value', value)}/>`],
  );
  const transcript = suite.cases
    .flatMap(({ name, transcript: text = '' }) => (text === '' ? [] : [`# ${name}\n${text}`]))
    .join('\n\n');
  return [
    `  <testsuite${head}>`,
    `    <properties>${properties.join('')}</properties>`,
    ...suite.cases.map((each) => renderCase(each, className)),
    `    <system-out>${escapeXml(transcript)}</system-out>`,
    '    <system-err></system-err>',
    '  </testsuite>',
  ].join('\n');
}

function renderCase({ name, ms, result }: Case, className: string): string {
  const head = attribute('name', name) + attribute('classname', className) + attribute('time', seconds(ms));
  if (result === undefined) return `    <testcase${head}/>`;
  const { element, message, text } = result;
  const about = element === 'skipped' ? '' : attribute('message', message) + attribute('type', element);
  // Ant's `skipped` has neither attributes nor text of its own kind; its reason is its text.
  const inner = element === 'skipped' ? message : text;
  return `    <testcase${head}><${element}${about}>${escapeXml(inner)}</${element}></testcase>`;
}

function seconds(ms: number): string {
  return (ms / 1000).toFixed(3);
}
