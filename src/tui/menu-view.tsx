/** The menu: every scenario with its level and topic, and how it ended if it was played. */
import { Box, Text } from 'ink';
import type { Playable } from '../scenario/definition/scenario.ts';
import { localize } from '../scenario/localize.ts';
import { clip, textWidth, wrapText } from '../scenario/wrap-text.ts';
import { KeyBar } from './key-bar.tsx';
import type { TuiState } from './tui-state.ts';
import { wordsOf } from './words.ts';

export interface ScreenSize {
  readonly columns: number;
  readonly rows: number;
}

export function MenuView({ state, size }: { readonly state: TuiState; readonly size: ScreenSize }) {
  const { language, scenarios, selected } = state;
  const words = wordsOf(language);
  const welcome = wrapText(words.welcome, size.columns - 2);
  const room = Math.max(1, size.rows - welcome.length - 5);
  const rows = rowsOf(scenarios);
  const chosen = rows.findIndex(({ index }) => index === selected);
  const first = Math.max(0, Math.min(chosen - Math.floor(room / 2), rows.length - room));
  const { choose, open, kinds, language: other, quit } = words.keys;
  return (
    <Box flexDirection="column" height={size.rows} width={size.columns} paddingX={1}>
      <Text bold color="cyan">
        podwire
      </Text>
      {welcome.map((line) => (
        <Text key={line}>{line}</Text>
      ))}
      <Text> </Text>
      <Text bold>{words.menu}</Text>
      <Box flexDirection="column" flexGrow={1}>
        {rows.slice(first, first + room).map(({ scenario, index }) =>
          scenario === undefined ? (
            <Text key="exercises" bold>
              {words.exercises}
            </Text>
          ) : (
            <Entry
              key={scenario.name}
              scenario={scenario}
              state={state}
              chosen={index === selected}
              width={size.columns - 2}
            />
          ),
        )}
      </Box>
      <KeyBar
        keys={[choose, open, ...(rows.length > scenarios.length ? [kinds] : []), quit, other].map((text) => ({ text }))}
        width={size.columns - 2}
      />
    </Box>
  );
}

interface Row {
  /** Absent: the heading of the exercises. */
  readonly scenario?: Playable;
  /** Its place among all; -1 for a heading. */
  readonly index: number;
}

/** Scenarios, then exercises under a heading of their own. */
function rowsOf(scenarios: TuiState['scenarios']): Row[] {
  const rows = scenarios.map((scenario, index): Row => ({ scenario, index }));
  const exercises = scenarios.findIndex(({ kind }) => kind === 'Exercise');
  return exercises < 0 ? rows : rows.toSpliced(exercises, 0, { index: -1 });
}

interface EntryProps {
  readonly scenario: Playable;
  readonly state: TuiState;
  readonly chosen: boolean;
  readonly width: number;
}

function Entry({ scenario, state, chosen, width }: EntryProps) {
  const { level, topic } = scenario.labels;
  const label = `${wordsOf(state.language).level[level] ?? level} · ${topic}`;
  const outcome = state.outcomes[scenario.name];
  const mark = outcome === 'passed' ? '✓' : outcome === 'failed' ? '✗' : ' ';
  const title = clip(localize(scenario.title, state.language), Math.max(10, width - textWidth(label) - 6));
  const gap = ' '.repeat(Math.max(1, width - textWidth(title) - textWidth(label) - 4));
  return (
    <Text inverse={chosen} wrap="truncate">
      {chosen ? '›' : ' '} <Text color={outcome === 'failed' ? 'red' : 'green'}>{mark}</Text> {title}
      {gap}
      <Text dimColor>{label}</Text>
    </Text>
  );
}
