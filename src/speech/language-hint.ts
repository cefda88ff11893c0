/** gpt-transcribe and its live kin take a list and refuse the single field; everything else knows only the field. */
export function languageHint(model: string, language: string | undefined) {
  if (!language) return {};
  return /^gpt-(live-)?transcribe/.test(model) ? { languages: [language] } : { language };
}
