const names = new Intl.DisplayNames(['en'], { type: 'language', fallback: 'none' });

/** English name of a BCP 47 tag, as models are told it: `German` of `de`; the tag itself where it has none. */
export function englishLanguageName(tag: string): string {
  try {
    return names.of(tag) ?? tag;
  } catch {
    return tag; // not well formed
  }
}
