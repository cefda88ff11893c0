/** Suggestions that are shown at a time. */
export const mostSuggestions = 25;

/**
 * Effect of a key on the list of suggestions under a line: `picked` is the place of the marked one, -1 for none.
 * @param {string} key as `KeyboardEvent.key` names it
 * @param {{ picked: number, count: number }} list
 * @returns {{ kind: 'marked' | 'taken', picked: number } | { kind: 'closed' } | undefined} undefined: nothing, the key is the line's
 */
export function pressKey(key, { picked, count }) {
  if (count === 0) return undefined;
  switch (key) {
    case 'ArrowDown':
      return { kind: 'marked', picked: (picked + 1) % count };
    case 'ArrowUp':
      return { kind: 'marked', picked: (picked <= 0 ? count : picked) - 1 };
    case 'Tab':
      return { kind: 'taken', picked: Math.max(0, picked) };
    case 'Enter':
      return picked < 0 ? undefined : { kind: 'taken', picked };
    case 'Escape':
      return { kind: 'closed' };
  }
  return undefined;
}
