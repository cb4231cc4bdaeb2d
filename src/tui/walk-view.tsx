/** The walkthrough of one scenario: what is said, run and held, with the lab beside it, or below it where it is narrow. */
import { Box, Text } from 'ink';
import { wrapText } from '../scenario/wrap-text.ts';
import { KeyBar } from './key-bar.tsx';
import { LabPanel } from './lab-panel.tsx';
import type { Tone, TranscriptLine } from './lines.ts';
import type { ScreenSize } from './menu-view.tsx';
import { firstLine, layOut } from './transcript.ts';
import { isSolved, namespaceOf, type TuiState, type Walk } from './tui-state.ts';
import { walkKeys } from './walk-keys.ts';
import { type Words, wordsOf } from './words.ts';

/** From here on the lab stands beside the text. */
const WIDE_COLUMNS = 110;
const PANEL_COLUMNS = 42;
const PANEL_ROWS_BELOW = 7;

interface WalkViewProps {
  readonly state: TuiState;
  readonly walk: Walk;
  readonly size: ScreenSize;
}

/** The room for the transcript and the panel on a screen of this size. */
export function arrange({ columns, rows }: ScreenSize) {
  const beside = columns >= WIDE_COLUMNS;
  const panelRows = beside ? rows - 2 : Math.max(3, Math.min(PANEL_ROWS_BELOW, Math.floor(rows / 3)));
  return {
    beside,
    text: {
      width: beside ? columns - PANEL_COLUMNS - 3 : columns - 2,
      height: rows - 2 - (beside ? 0 : panelRows + 1),
    },
    panel: { width: beside ? PANEL_COLUMNS : columns - 2, height: panelRows },
  };
}

export function WalkView({ state, walk, size }: WalkViewProps) {
  const { beside, text, panel } = arrange(size);
  const { language, snapshot, building } = state;
  const transcript = layOut(walk.events, language, text.width - 1, walk.chosen);
  const lines = [...transcript.lines, ...statusLines(state, walk, text.width - 1)];
  const first = firstLine({ lines, anchor: transcript.anchor }, text.height, walk.scroll);
  const below = Math.max(0, lines.length - first - text.height);
  return (
    <Box flexDirection="column" height={size.rows} width={size.columns} paddingX={1}>
      <Box flexDirection={beside ? 'row' : 'column'} flexGrow={1}>
        <Box flexDirection="column" width={text.width} height={text.height} overflow="hidden">
          {lines.slice(first, first + text.height).map((line, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: a line is its place on the screen
            <Text key={index} {...styleOf(line.tone)} wrap="truncate">
              {line.text || ' '}
            </Text>
          ))}
        </Box>
        <Box
          borderStyle="single"
          borderDimColor
          borderTop={!beside}
          borderLeft={beside}
          borderRight={false}
          borderBottom={false}
          paddingLeft={beside ? 1 : 0}
        >
          <LabPanel
            snapshot={snapshot}
            building={building}
            namespace={namespaceOf(walk)}
            language={language}
            width={beside ? panel.width - 1 : panel.width}
            height={panel.height}
          />
        </Box>
      </Box>
      <KeyBar keys={walkKeys(walk, below, wordsOf(language))} width={size.columns - 2} />
    </Box>
  );
}

/** What is going on now, behind all that has happened. */
function statusLines(state: TuiState, walk: Walk, width: number): TranscriptLine[] {
  const words = wordsOf(state.language);
  const line = (tone: Tone, text: string): TranscriptLine[] => [
    { text: '', tone: 'dim' },
    ...wrapText(text, width).map((wrapped) => ({ text: wrapped, tone })),
  ];
  if (walk.problem !== undefined && walk.problem !== '') return line('failed', `${words.labFailed}\n${walk.problem}`);
  return line('dim', statusOf(state, walk, words));
}

function statusOf(state: TuiState, walk: Walk, words: Words): string {
  const { phase, events, turn } = walk;
  if (state.closing) return words.removing;
  if (phase === 'leaving') return words.cleaning;
  if (turn === 'confirmation') return words.confirm;
  if (turn === 'action') return isSolved(walk) ? words.solved : words.turn;
  if (phase === 'opening' && !events.some(({ type }) => type === 'labReady')) {
    return state.snapshot === undefined ? `${words.building} … ${state.building.at(-1) ?? ''}` : '';
  }
  const latest = events.at(-1);
  if (
    walk.scenario.kind === 'Exercise' &&
    (latest === undefined || !('step' in latest) || latest.step.part === 'setup')
  )
    return phase === 'opening' ? words.preparing : words.running;
  const begun = events.some(({ type }) => type === 'stepStarted');
  if (phase === 'ready') return begun ? '' : words.begin;
  return phase === 'running' ? words.running : '';
}

function styleOf(tone: Tone) {
  switch (tone) {
    case 'heading':
      return { bold: true, color: 'cyan' };
    case 'command':
      return { color: 'cyan' };
    case 'held':
      return { color: 'green' };
    case 'failed':
      return { color: 'red' };
    case 'dim':
    case 'output':
      return { dimColor: true };
    case 'narration':
      return { bold: true };
  }
}
