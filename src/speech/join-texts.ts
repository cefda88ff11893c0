const unspacedEnd =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}\u3001\u3002\uff01\uff1f]$/u;

/** Joins the texts between the pauses of one utterance. */
export function joinTexts(texts: readonly string[]): string {
  return texts
    .map((text) => text.trim())
    .filter((text) => text !== '')
    .reduce(
      (joined, text) =>
        joined + (joined === '' || unspacedEnd.test(joined) ? '' : ' ') + text,
      '',
    );
}
