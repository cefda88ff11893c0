const englishNames = new Intl.DisplayNames(['en'], {
  type: 'language',
  fallback: 'none',
});

/** Returns the English name of a BCP 47 tag for prompts, or the tag itself if it has no name. */
export function getEnglishLanguageName(tag: string): string {
  try {
    return englishNames.of(tag) ?? tag;
  } catch {
    // The tag is not well formed.
    return tag;
  }
}

let tagsByEnglishName: ReadonlyMap<string, string> | undefined;

/** Finds the BCP 47 tag of a language by its English name (`german`) or tag. */
export function findLanguageTag(name: string): string | undefined {
  if (/^[a-z]{2,3}(-[a-z0-9]+)*$/i.test(name)) return name;
  const letters = [...'abcdefghijklmnopqrstuvwxyz'];
  tagsByEnglishName ??= new Map(
    letters.flatMap((firstLetter) =>
      letters.map((secondLetter) => [
        getEnglishLanguageName(firstLetter + secondLetter).toLowerCase(),
        firstLetter + secondLetter,
      ]),
    ),
  );
  return tagsByEnglishName.get(name.toLowerCase());
}
