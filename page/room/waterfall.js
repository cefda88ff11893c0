/**
 * Instants of an answer in ms of one clock, as the bot measures them.
 * @typedef {{ heardAtMs: number, endedAtMs?: number, recognisedAtMs?: number, firstTokenAtMs?: number,
 *   firstClauseAtMs?: number, firstSpeechAtMs?: number, firstSentAtMs?: number }} Instants
 */

/**
 * One stage: `afterMs` since the last syllable, and from where to where its bar reaches, 0 to 1 of the whole width.
 * @typedef {{ name: string, afterMs: number, from: number, to: number }} Stage
 */

/**
 * Bars of an answer, in order of time: each begins where the one before it ended. What did not happen has none, nor has
 * sound that was heard before the first packet of this answer: that was something else.
 * @param {Instants} instants
 * @param {number | undefined} firstHeardAtMs
 * @returns {{ totalMs: number, stages: readonly Stage[] }}
 */
export function waterfall(instants, firstHeardAtMs) {
  const { heardAtMs, firstSentAtMs } = instants;
  const isHeard = firstHeardAtMs !== undefined && firstHeardAtMs >= (firstSentAtMs ?? heardAtMs);
  /** @type {readonly (readonly [string, number | undefined])[]} */
  const named = [
    ['end noticed', instants.endedAtMs],
    ['recognised', instants.recognisedAtMs],
    ['model begins', instants.firstTokenAtMs],
    ['first words', instants.firstClauseAtMs],
    ['voice begins', instants.firstSpeechAtMs],
    ['sent', firstSentAtMs],
    ['heard', isHeard ? firstHeardAtMs : undefined],
  ];
  const happened = named
    .flatMap(([name, atMs]) => (atMs === undefined ? [] : [{ name, afterMs: atMs - heardAtMs }]))
    .toSorted((a, b) => a.afterMs - b.afterMs);
  const totalMs = Math.max(1, happened.at(-1)?.afterMs ?? 0);
  let from = 0;
  const stages = happened.map(({ name, afterMs }) => {
    const to = Math.max(0, afterMs) / totalMs;
    const stage = { name, afterMs: Math.round(afterMs), from, to };
    from = to;
    return stage;
  });
  const first = { name: 'last sound', afterMs: 0, from: 0, to: 0 };
  return { totalMs: Math.round(totalMs), stages: [first, ...stages] };
}
