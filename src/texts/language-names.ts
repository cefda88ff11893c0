/** Languages offered first: those that many people speak in calls. BCP 47. */
export const offeredLanguages: readonly string[] =
  'en de es fr it pt nl pl ru uk tr ar he fa hi bn ja ko zh vi th id ms sv da nb fi cs sk hu ro el'.split(
    ' ',
  );

const english = new Intl.DisplayNames(['en'], { type: 'language', fallback: 'none' });

/** Name of a language in English, or in the language of `inLanguage`; its tag where it has none. */
export function languageName(tag: string, inLanguage?: string): string {
  const names =
    inLanguage === undefined || inLanguage === 'en'
      ? english
      : new Intl.DisplayNames([inLanguage], { type: 'language', fallback: 'none' });
  return names.of(tag) ?? english.of(tag) ?? tag;
}

/** `German (de)`, as it is offered and may be typed. */
export function languageLabel(tag: string): string {
  return `${languageName(tag)} (${tag})`;
}

/** BCP 47 tag of a typed or picked language; undefined where there is none. */
export function languageTag(typed: string): string | undefined {
  const words = typed.trim().toLowerCase();
  tagsByName ??= namedTags();
  const named = tagsByName.get(words);
  if (named) return named;
  const isTag = /^[a-z]{2,3}(-[a-z0-9]{2,8}){0,3}$/.test(words);
  return isTag && isKnown(words) ? Intl.getCanonicalLocales(words)[0] : undefined;
}

let tagsByName: ReadonlyMap<string, string> | undefined;

/** Tags of the languages that are offered by all that may be typed for them; made when first needed. */
function namedTags(): ReadonlyMap<string, string> {
  const named = offeredLanguages.flatMap((tag) =>
    [languageLabel(tag), languageName(tag), languageName(tag, tag)].map(
      (name) => [name.toLowerCase(), tag] as const,
    ),
  );
  return new Map(named.toReversed()); // the first counts
}

function isKnown(tag: string) {
  try {
    return english.of(tag) !== undefined;
  } catch {
    return false; // not well formed
  }
}
