/** Counts of last words that ended utterances and that did not, learned without any word list. One per server. */
export type Endings = ReadonlyMap<string, { readonly ended: number; readonly wentOn: number }>;

export const noEndings: Endings = new Map();

/** Words known at most; the one not met for longest is forgotten. */
const limit = 500;
/** Counts are halved here, so habits may change. */
const fullCount = 64;
/** Meetings that count for nothing, so one chance does not decide. */
const doubt = 2;

/** To be called once for every pause with a known outcome: `wentOn` when speech resumed or was merged. */
export function learnEnding(
  endings: Endings,
  lastWord: string,
  fate: 'ended' | 'went-on',
): Endings {
  if (lastWord === '') return endings;
  const known = endings.get(lastWord) ?? { ended: 0, wentOn: 0 };
  const scale = known.ended + known.wentOn >= fullCount ? 0.5 : 1;
  const next = new Map(endings);
  next.delete(lastWord);
  next.set(lastWord, {
    ended: known.ended * scale + (fate === 'ended' ? 1 : 0),
    wentOn: known.wentOn * scale + (fate === 'went-on' ? 1 : 0),
  });
  for (const oldest of next.keys()) {
    if (next.size <= limit) break;
    next.delete(oldest);
  }
  return next;
}

/** Logit that an utterance ending in this word is over; 0 for a word hardly met, at most 1.5 either way. */
export function leaning(endings: Endings, lastWord: string): number {
  const known = endings.get(lastWord);
  if (!known) return 0;
  const logit = Math.log((known.ended + doubt) / (known.wentOn + doubt));
  return Math.max(-1.5, Math.min(1.5, logit));
}
