const names = new Intl.DisplayNames(['en'], { type: 'language', fallback: 'none' });

/** English name of a BCP 47 tag, for models: `German` of `de`; the tag itself where it has none. */
export function englishLanguageName(tag: string): string {
  try {
    return names.of(tag) ?? tag;
  } catch {
    return tag; // not well formed
  }
}

let tags: ReadonlyMap<string, string> | undefined;

/** BCP 47 tag of a language by its English name, which some servers report: `de` of `german`; a tag as it is; else undefined. */
export function languageTagOf(name: string): string | undefined {
  if (/^[a-z]{2,3}(-[a-z0-9]+)*$/i.test(name)) return name;
  const letters = [...'abcdefghijklmnopqrstuvwxyz'];
  tags ??= new Map(
    letters.flatMap((one) =>
      letters.map((other) => [englishLanguageName(one + other).toLowerCase(), one + other]),
    ),
  );
  return tags.get(name.toLowerCase());
}
