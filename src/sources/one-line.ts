/** Removes line breaks and control characters. */
export function toOneLine(words: string, mostChars: number): string {
  const line = words
    .normalize('NFC')
    .replace(/[\p{C}\s]+/gu, ' ')
    .trim();
  return [...line].slice(0, mostChars).join('').trim();
}
