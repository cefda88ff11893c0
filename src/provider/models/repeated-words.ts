/** Beginnings of words, figures, and letters of scripts without spaces. */
const units = /\p{N}+|\p{Script=Latin}{3,}|(?!\p{Script=Latin})\p{L}/gu;

/**
 * True if a server's sentence repeats anything of a request: a figure, a letter of a script without spaces, or the
 * beginning of a word, as quotations break off. A sentence with escaped characters counts as a repetition.
 */
export function repeatsWords(sentence: string, request: string): boolean {
  const said = new Set(unitsOf(request));
  return /\\[ux]/.test(sentence) || unitsOf(sentence).some((unit) => said.has(unit));
}

function unitsOf(text: string): readonly string[] {
  return (text.toLowerCase().match(units) ?? []).map((unit) => unit.slice(0, 4));
}
