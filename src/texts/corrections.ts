import { english } from './english.ts';
import { builtInLocales, discordLocales, type LocaleTag } from './locales.ts';
import { chosen, isChoosing, longestChars, wordsOf } from './message.ts';
import { maxMessageChars } from './plain.ts';

/** An operator's table: its usable texts, and one sentence about the others. */
export type CorrectionFile = {
  readonly locale?: LocaleTag;
  readonly texts: ReadonlyMap<string, string>;
  readonly complaint?: string;
};

/** Faults that the sentence names; of more it gives the number. */
const namedFaults = 3;

/** Most characters Discord takes where texts of these ids stand, the words in them filled in. Source: Discord docs. */
const limits: readonly (readonly [RegExp, number])[] = [
  [/^command\./, 100],
  [/^button\./, 80],
  [/^form\./, 45],
  [/^settings\.(about|group)\./, 100],
  [/^menu\.|^ask\.about$/, 32],
];
/** English texts with the most characters of each word. */
const entries: ReadonlyMap<string, string | { text: string; with: Record<string, number> }> =
  new Map(Object.entries(english));

/**
 * Reads a file `de.json` that holds texts by id, `{ "stop.ok": "Bin still." }`, for a language of ours or another one of
 * Discord's. Faulty texts are left out. Never throws.
 */
export function readCorrections(fileName: string, json: string): CorrectionFile {
  const none = new Map<string, string>();
  const name = fileName.replace(/\.json$/, '');
  const locale = [...builtInLocales, ...discordLocales].find((one) => one === name);
  if (locale === undefined) {
    return {
      texts: none,
      complaint: `${fileName} is not used: ${name} is not a language of Discord.`,
    };
  }
  const fields = objectOf(json);
  if (!fields) {
    return {
      texts: none,
      complaint: `${fileName} is not used: it is not a JSON object of texts by id.`,
    };
  }
  const texts = new Map<string, string>();
  const faults: string[] = [];
  for (const [id, text] of Object.entries(fields)) {
    const isText = typeof text === 'string' && text.trim() !== '';
    const fault = isText ? faultOf(id, text, locale) : 'it is not a text';
    if (isText && fault === undefined) texts.set(id, text);
    else faults.push(`${id}: ${fault}`);
  }
  return { locale, texts, ...(faults.length > 0 && { complaint: complaintOf(fileName, faults) }) };
}

function objectOf(json: string): object | undefined {
  try {
    const value: unknown = JSON.parse(json);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function complaintOf(fileName: string, faults: readonly string[]): string {
  const more = faults.length - namedFaults;
  const named = faults.slice(0, namedFaults).join('; ');
  return `${fileName} is used without ${faults.length} of its texts: ${named}${more > 0 ? `; and ${more} more` : ''}.`;
}

/** Most characters of a text, its words included. */
export function limitOf(id: string): number {
  return limits.find(([ids]) => ids.test(id))?.[1] ?? maxMessageChars;
}

/** Fault of a text in a language, as the end of a sentence; undefined: it can be shown. */
export function faultOf(id: string, pattern: string, locale: string): string | undefined {
  const entry = entries.get(id);
  if (entry === undefined) return 'there is no such text';
  const words = typeof entry === 'string' ? {} : entry.with;
  try {
    const wanted = Object.keys(words).toSorted().join(', ');
    const found = wordsOf(pattern, locale).join(', ');
    if (found !== wanted) return `its words are ${found || 'none'} in place of ${wanted || 'none'}`;
    const isPlain = isChoosing(pattern) || chosen(pattern, {}, locale) === pattern;
    if (!isPlain) return 'an apostrophe before a brace, or two of them, is read as a quote';
  } catch (error) {
    return `it is not a valid ICU message (${error instanceof Error ? error.message : error})`;
  }
  const chars = longestChars(pattern, words, locale);
  const limit = limitOf(id);
  return chars > limit ? `it may have ${chars} characters, and the limit is ${limit}` : undefined;
}
