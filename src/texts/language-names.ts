/** Languages offered first, as BCP 47 tags, since many people speak them in calls. */
export const offeredLanguages: readonly string[] =
  'en de es fr it pt nl pl ru uk tr ar he fa hi bn ja ko zh vi th id ms sv da nb fi cs sk hu ro el'.split(
    ' ',
  );

const english = new Intl.DisplayNames(['en'], { type: 'language', fallback: 'none' });

/** Returns the name of a language in English or in `inLanguage`, or its tag if it has no name. */
export function languageName(tag: string, inLanguage?: string): string {
  const names =
    inLanguage === undefined || inLanguage === 'en'
      ? english
      : new Intl.DisplayNames([inLanguage], { type: 'language', fallback: 'none' });
  return names.of(tag) ?? english.of(tag) ?? tag;
}

export function languageLabel(tag: string): string {
  return `${languageName(tag)} (${tag})`;
}

export function languageTag(typed: string): string | undefined {
  const words = typed.trim().toLowerCase();
  tagsByName ??= namedTags();
  const named = tagsByName.get(words);
  if (named) return named;
  const isTag = /^[a-z]{2,3}(-[a-z0-9]{2,8}){0,3}$/.test(words);
  return isTag && isKnown(words) ? Intl.getCanonicalLocales(words)[0] : undefined;
}

let tagsByName: ReadonlyMap<string, string> | undefined;

function namedTags(): ReadonlyMap<string, string> {
  const named = offeredLanguages.flatMap((tag) =>
    [languageLabel(tag), languageName(tag), languageName(tag, tag)].map(
      (name) => [name.toLowerCase(), tag] as const,
    ),
  );
  return new Map(named.toReversed()); // For two equal names the first one counts.
}

function isKnown(tag: string) {
  try {
    return english.of(tag) !== undefined;
  } catch {
    return false; // The tag is not well formed.
  }
}
