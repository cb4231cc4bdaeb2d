/** Texts in the language asked for; English where there is no translation. */
import type { Localized } from './definition/matchers.ts';

export type Language = 'en' | 'zh';

/** The text in one line per paragraph, as it is shown. */
export function localize(text: Localized, language: Language): string {
  return (typeof text === 'string' ? text : (text[language] ?? text.en)).trim();
}

/** The text in each language. */
export function inBoth(text: Localized): Readonly<Record<Language, string>> {
  return { en: localize(text, 'en'), zh: localize(text, 'zh') };
}
