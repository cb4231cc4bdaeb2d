/** A word as a shell needs it written. */
export function shellWord(word: string | number): string {
  const text = String(word);
  return /^[\w@%+=:,./{}[\]-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
