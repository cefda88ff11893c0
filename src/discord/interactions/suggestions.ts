import { withDeadline } from '#src/discord/library/deadline.ts';
import type { SyncTiming } from '#src/discord/link/timing.ts';
import { firstChars } from '#src/texts/plain.ts';

export type Choice = { readonly name: string; readonly value: string };

/** What Discord takes, and how long a person who types waits. */
const [maxChoices, maxChars, lateMs] = [25, 100, 200];

const never = new AbortController().signal;

/** What to offer of that which `ask` finds in time; nothing where it fails. Never throws. */
export async function suggestions(
  ask: () => Promise<readonly string[]>,
  timing: SyncTiming,
): Promise<Choice[]> {
  const late = () => new Error(`nothing was found in ${lateMs} ms`);
  try {
    return choicesOf(await withDeadline(ask, { ms: lateMs, timing, late }, never));
  } catch {
    return [];
  }
}

function choicesOf(found: readonly string[]): Choice[] {
  const words = found.map((word) => firstChars(word, maxChars)).filter((word) => word.trim());
  return [...new Set(words)].slice(0, maxChoices).map((word) => ({ name: word, value: word }));
}
