/** Beginnings of words, figures, and letters of scripts that need not part words. */
const units = /\p{N}+|\p{Script=Latin}{3,}|(?!\p{Script=Latin})\p{L}/gu;

/**
 * Whether a server's sentence holds anything of a request: a figure, a letter of a script that need not part its words, or a word by
 * its first letters, as quotations break off. Escaped characters are not judged: then it may.
 */
export function repeatsWords(sentence: string, request: string): boolean {
  const said = new Set(unitsOf(request));
  return /\\[ux]/.test(sentence) || unitsOf(sentence).some((unit) => said.has(unit));
}

function unitsOf(text: string): readonly string[] {
  return (text.toLowerCase().match(units) ?? []).map((unit) => unit.slice(0, 4));
}
