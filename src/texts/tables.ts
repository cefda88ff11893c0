import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { english } from './english.ts';
import { builtInLocales, closestLocale, type LocaleTag, languageOf } from './locales.ts';

/** Texts of a language by id, as patterns whose words are not filled in. Missing ones are in English. */
export type TextTable = {
  readonly texts: ReadonlyMap<string, string>;
  /** Some of these texts were translated by a machine, and not read by a speaker of the language. */
  readonly isMachineMade: boolean;
};

/** One text of a language other than English: its maker, and a hash of the English it was made of. */
export type Translation = {
  readonly text: string;
  readonly by?: 'machine' | 'reviewed' | undefined;
  readonly english?: string | undefined;
};

/** Texts of an operator, by language and id, that replace ours or add missing ones. */
export type Corrections = ReadonlyMap<LocaleTag, ReadonlyMap<string, string>>;

/** Tables by language, read when a language is first used: an unused one costs no memory. */
export class TextTables {
  readonly #tables = new Map<LocaleTag, TextTable>();
  #corrections: Corrections = new Map();

  /** Sets the corrections, in place of those before. */
  correct(corrections: Corrections): void {
    this.#corrections = corrections;
    this.#tables.clear();
  }

  /** The languages there are texts in. */
  get locales(): readonly LocaleTag[] {
    return [...new Set([...builtInLocales, ...this.#corrections.keys()])];
  }

  /** The language with texts for a BCP 47 tag, say `de-AT`; undefined where there is none. */
  closest(tag: string): LocaleTag | undefined {
    return closestLocale(tag, this.locales);
  }

  /** The table of a language, kept from now on. */
  of(locale: LocaleTag): TextTable {
    const table = this.#tables.get(locale) ?? this.read(locale);
    this.#tables.set(locale, table);
    return table;
  }

  /** Reads the table of a language without keeping it. */
  read(locale: LocaleTag): TextTable {
    const all = new Map<string, Translation>();
    const language = closestLocale(languageOf(locale), this.locales);
    for (const one of new Set(['en', language, locale] as const)) {
      if (one === undefined) continue;
      for (const [id, translation] of builtInTexts(one)) all.set(id, translation);
      for (const [id, text] of this.#corrections.get(one) ?? []) all.set(id, { text });
    }
    const made = [...all.values()];
    return {
      texts: new Map([...all].map(([id, { text }]) => [id, text])),
      isMachineMade: made.some(({ by }) => by === 'machine'),
    };
  }
}

/** The texts that come with the program in a language, by id; none where it has none. */
export function builtInTexts(locale: LocaleTag): ReadonlyMap<string, Translation> {
  if (locale === 'en') return translations(Object.entries(english));
  if (!builtInLocales.some((one) => one === locale)) return new Map();
  const folder = new URL(`./${locale}/`, import.meta.url);
  const files = readdirSync(folder).filter((name) => name.endsWith('.json'));
  return translations(
    files
      .toSorted()
      .flatMap((name) => Object.entries(JSON.parse(readFileSync(new URL(name, folder), 'utf8')))),
  );
}

/** Hash by which a text is compared with its English: 8 hex digits of a SHA-256. */
export function englishHash(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 8);
}

function translations(
  entries: readonly (readonly [string, unknown])[],
): ReadonlyMap<string, Translation> {
  return new Map(entries.map(([id, entry]) => [id, translationOf(entry)]));
}

/** An entry is a text alone, or an object that knows more of it. */
function translationOf(entry: unknown): Translation {
  if (typeof entry === 'string') return { text: entry };
  const { text, by, english: hash }: Record<string, unknown> = { ...Object(entry) };
  if (typeof text !== 'string') throw new Error(`No text: ${JSON.stringify(entry)}`);
  return {
    text,
    by: by === 'machine' || by === 'reviewed' ? by : undefined,
    english: typeof hash === 'string' ? hash : undefined,
  };
}
