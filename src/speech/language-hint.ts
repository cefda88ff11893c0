/** gpt-transcribe and its live kin take a list and refuse the single field; everything else knows only the field. */
export function languageHint(model: string, language: string | undefined) {
  if (!language) return {};
  return /^gpt-(live-)?transcribe/.test(model) ? { languages: [language] } : { language };
}

/** Language of a BCP 47 tag without region and script, as recognisers take it: `pt` of `pt-BR`. */
export function baseLanguage(tag: string): string {
  return tag.toLowerCase().split('-', 1)[0] ?? tag;
}
