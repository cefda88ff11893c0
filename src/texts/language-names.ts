/** Languages offered first, as BCP 47 tags, since many people speak them in calls. */
export const offeredLanguages: readonly string[] =
  'en de es fr it pt nl pl ru uk tr ar he fa hi bn ja ko zh vi th id ms sv da nb fi cs sk hu ro el'.split(
    ' ',
  );

const englishNames = new Intl.DisplayNames(['en'], {
  type: 'language',
  fallback: 'none',
});

/** Returns the language's name, or the tag without one. */
export function getLanguageName(tag: string, inLanguage?: string): string {
  const names =
    inLanguage === undefined || inLanguage === 'en'
      ? englishNames
      : new Intl.DisplayNames([inLanguage], { type: 'language', fallback: 'none' });
  return names.of(tag) ?? englishNames.of(tag) ?? tag;
}

/** Formats a language as `German (de)`. */
export function formatLanguageLabel(tag: string): string {
  return `${getLanguageName(tag)} (${tag})`;
}

/** Parses a BCP 47 tag, or a name or label of an offered language. */
export function parseLanguageTag(typed: string): string | undefined {
  const name = typed.trim().toLowerCase();
  tagsByTypedName ??= listTagsByTypedName();
  const named = tagsByTypedName.get(name);
  if (named) return named;
  const isTag = /^[a-z]{2,3}(-[a-z0-9]{2,8}){0,3}$/.test(name);
  return isTag && isKnownLanguage(name) ? Intl.getCanonicalLocales(name)[0] : undefined;
}

let tagsByTypedName: ReadonlyMap<string, string> | undefined;

function listTagsByTypedName() {
  const named = offeredLanguages.flatMap((tag) =>
    [formatLanguageLabel(tag), getLanguageName(tag), getLanguageName(tag, tag)].map(
      (name) => [name.toLowerCase(), tag] as const,
    ),
  );
  return new Map(named.toReversed()); // For two equal names the first one counts.
}

function isKnownLanguage(tag: string) {
  try {
    return englishNames.of(tag) !== undefined;
  } catch {
    return false; // The tag is not well formed.
  }
}
