import type { SyncTiming } from '#src/discord/link/timing.ts';
import { firstChars } from './plain.ts';

export type Choice = { readonly name: string; readonly value: string };

/** What Discord takes, and how long a person who types waits. */
const [maxChoices, maxChars, lateMs] = [25, 100, 200];

/** What to offer of that which `ask` finds in time; nothing where it fails. Never throws. */
export async function suggestions(
  ask: () => Promise<readonly string[]>,
  timing: SyncTiming,
): Promise<Choice[]> {
  const late = Promise.withResolvers<readonly string[]>();
  const forget = timing.later(lateMs, () => late.resolve([]));
  try {
    return choicesOf(await Promise.race([ask(), late.promise]));
  } catch {
    return [];
  } finally {
    forget();
  }
}

function choicesOf(found: readonly string[]): Choice[] {
  const words = found.map((word) => firstChars(word, maxChars)).filter((word) => word.trim());
  return [...new Set(words)].slice(0, maxChoices).map((word) => ({ name: word, value: word }));
}
