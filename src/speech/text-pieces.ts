/** Cuts a text into pieces of at most `maxChars` UTF-16 units, at sentence ends or spaces where there are any. */
export function textPieces(text: string, maxChars: number): string[] {
  const pieces: string[] = [];
  let rest = text.trim();
  while (rest.length > maxChars) {
    const at = cutAt(rest, maxChars);
    pieces.push(rest.slice(0, at).trim());
    rest = rest.slice(at).trim();
  }
  if (rest !== '') pieces.push(rest);
  return pieces;
}

function cutAt(text: string, maxChars: number): number {
  const head = text.slice(0, maxChars);
  const sentence = Math.max(...['. ', '! ', '? ', '; '].map((end) => head.lastIndexOf(end) + 1));
  if (sentence > maxChars / 3) return sentence;
  const space = head.lastIndexOf(' ');
  if (space > 0) return space;
  return /[\uD800-\uDBFF]$/.test(head) ? maxChars - 1 : maxChars;
}
