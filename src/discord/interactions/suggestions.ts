import { withDeadline } from '#src/discord/library/deadline.ts';
import type { SyncTiming } from '#src/discord/link/timing.ts';
import { firstChars } from '#src/texts/plain.ts';
import { type Locale, text } from '#src/texts/texts.ts';

export type Choice = { readonly name: string; readonly value: string };

/** What Discord takes, and how long a person who types waits. */
const [maxChoices, maxChars, lateMs] = [25, 100, 200];

const never = new AbortController().signal;

/**
 * Choices for somebody who types, of what `ask` finds in time; nothing where it fails. Where Discord takes fewer than there
 * are, the last one says so. Never throws.
 */
export async function suggestions(
  ask: () => Promise<readonly string[]>,
  timing: SyncTiming,
  locale: Locale,
): Promise<Choice[]> {
  const late = () => new Error(`nothing was found in ${lateMs} ms`);
  try {
    return choicesOf(await withDeadline(ask, { ms: lateMs, timing, late }, never), locale);
  } catch {
    return [];
  }
}

function choicesOf(found: readonly string[], locale: Locale): Choice[] {
  const words = found.map((word) => firstChars(word, maxChars)).filter((word) => word.trim());
  const all = [...new Set(words)].map((word) => ({ name: word, value: word }));
  if (all.length <= maxChoices) return all;
  const shown = all.slice(0, maxChoices - 1);
  const more = text('suggest.more', { n: all.length - shown.length }, locale);
  return [...shown, { name: firstChars(more, maxChars), value: '\u2026' }];
}
