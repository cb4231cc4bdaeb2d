/** The last line: the keys that do something here. Those that do not fit are left out from the end. */
import { Text } from 'ink';
import { textWidth } from '../scenario/wrap-text.ts';

export interface KeyHint {
  readonly text: string;
  /** Draws the eye: there is more to see than is shown. */
  readonly urgent?: boolean;
}

const GAP = ' · ';

export function KeyBar({ keys, width }: { readonly keys: readonly KeyHint[]; readonly width: number }) {
  const shown: KeyHint[] = [];
  let used = 0;
  for (const key of keys) {
    const needed = textWidth(key.text) + (shown.length === 0 ? 0 : GAP.length);
    if (used + needed > width) break;
    used += needed;
    shown.push(key);
  }
  return (
    <Text wrap="truncate">
      {shown.map(({ text, urgent }, index) => (
        <Text key={text} dimColor={urgent !== true} {...(urgent === true ? { color: 'yellow' } : {})}>
          {index === 0 ? text : `${GAP}${text}`}
        </Text>
      ))}
    </Text>
  );
}
