/** What the HTML report says, in both languages. */
import type { ScenarioOutcome } from '../../events.ts';
import type { Language } from '../../localize.ts';

interface Words {
  readonly heading: string;
  readonly began: string;
  readonly all: string;
  readonly outcome: Readonly<Record<ScenarioOutcome | 'skipped', string>>;
  readonly columns: readonly [outcome: string, scenario: string, backend: string, steps: string, time: string];
  readonly reason: string;
  readonly lab: string;
  readonly cleanup: string;
  readonly walk: string;
  readonly rules: string;
  readonly lines: (count: number) => string;
  readonly top: string;
  readonly nothing: string;
}

export const WORDS: Readonly<Record<Language, Words>> = {
  en: {
    heading: 'podwire: scenarios played',
    began: 'began',
    all: 'all',
    outcome: { passed: 'passed', failed: 'failed', interrupted: 'interrupted', skipped: 'skipped' },
    columns: ['outcome', 'scenario', 'kube-proxy', 'steps', 'time'],
    reason: 'reason',
    lab: 'The lab as the steps left it',
    cleanup: 'cleanup failed',
    walk: 'the walk in words',
    rules: 'rules changed',
    lines: (count) => `${count} more lines, left out`,
    top: 'to the top',
    nothing: 'No scenario was played.',
  },
  zh: {
    heading: 'podwire：已运行的场景',
    began: '开始于',
    all: '全部',
    outcome: { passed: '通过', failed: '失败', interrupted: '中断', skipped: '跳过' },
    columns: ['结果', '场景', 'kube-proxy', '步骤', '用时'],
    reason: '原因',
    lab: '各步骤结束时的实验环境',
    cleanup: '清理失败',
    walk: '路径的文字说明',
    rules: '规则的变化',
    lines: (count) => `省略其余 ${count} 行`,
    top: '回到顶部',
    nothing: '没有运行任何场景。',
  },
};
