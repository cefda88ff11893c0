/** Spelling, case and punctuation apart. */
export function sameWords(one: string, other: string): boolean {
  return plainWords(one) === plainWords(other);
}

/** In lower case, with single spaces and nothing else between them. */
export function plainWords(text: string): string {
  return text
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[^\p{L}\p{M}\p{N}]+/gu, ' ')
    .trim();
}
