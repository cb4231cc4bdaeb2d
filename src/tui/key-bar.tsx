/** The last line: the keys that do something here. Those that do not fit are left out from the end. */
import { Text } from 'ink';
import { textWidth } from '../scenario/wrap-text.ts';

export function KeyBar({ keys, width }: { readonly keys: readonly string[]; readonly width: number }) {
  const shown: string[] = [];
  let used = 0;
  for (const key of keys) {
    const needed = textWidth(key) + (shown.length === 0 ? 0 : 3);
    if (used + needed > width) break;
    used += needed;
    shown.push(key);
  }
  return (
    <Text dimColor wrap="truncate">
      {shown.join(' · ')}
    </Text>
  );
}
