/** Discord shows no more. */
const limit = 25;

/** What fits what was typed: first what begins with it, then what holds its letters in order. */
export function closest(typed: string, all: readonly string[]): readonly string[] {
  const wanted = typed.trim().toLowerCase();
  const prefixed = all.filter((one) => one.toLowerCase().startsWith(wanted));
  const others = all.filter((one) => !prefixed.includes(one) && holds(one.toLowerCase(), wanted));
  return [...prefixed, ...others].slice(0, limit);
}

function holds(word: string, wanted: string): boolean {
  let from = 0;
  for (const letter of wanted) {
    const at = word.indexOf(letter, from);
    if (at < 0) return false;
    from = at + letter.length;
  }
  return true;
}
