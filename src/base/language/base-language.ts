/** Removes region and script of a BCP 47 tag: `pt` for `pt-BR`. */
export function toBaseLanguage(tag: string): string {
  return tag.toLowerCase().split('-', 1)[0] ?? tag;
}

/** Tests whether two BCP 47 tags name one language, whatever their regions. */
export function isSameLanguage(tag: string, otherTag: string): boolean {
  return toBaseLanguage(tag) === toBaseLanguage(otherTag);
}

/** Tests whether a language is in a list of BCP 47 tags, whatever the regions. */
export function includesLanguage(tags: readonly string[], language: string): boolean {
  return tags.some((tag) => isSameLanguage(tag, language));
}
