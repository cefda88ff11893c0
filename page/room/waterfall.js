/**
 * Instants in ms of one clock, as the bot measures them.
 * @typedef {{ heardAtMs: number, endedAtMs?: number, recognisedAtMs?: number, firstTokenAtMs?: number,
 *   firstClauseAtMs?: number, firstSpeechAtMs?: number, firstSentAtMs?: number }} Instants
 */

/**
 * `afterMs` counts from the last syllable. The bar reaches `from` to `to`, 0 to 1.
 * @typedef {{ name: string, faster: string, afterMs: number, from: number, to: number }} Stage
 */

/**
 * Measures the stages of an answer, each from the end of the one before. Sound before
 * the first packet of this answer was another's.
 * @param {Instants} instants
 * @param {number | undefined} firstHeardAtMs
 * @returns {{ totalMs: number, stages: readonly Stage[], longest: Stage | undefined }}
 */
export function measureStages(instants, firstHeardAtMs) {
  const { heardAtMs, firstSentAtMs } = instants;
  const isHeard =
    firstHeardAtMs !== undefined && firstHeardAtMs >= (firstSentAtMs ?? heardAtMs);
  const known = { ...instants, firstHeardAtMs: isHeard ? firstHeardAtMs : undefined };
  const happened = stageTexts
    .flatMap(([instant, name, faster]) => {
      const atMs = known[instant];
      return atMs === undefined ? [] : [{ name, faster, afterMs: atMs - heardAtMs }];
    })
    .toSorted((a, b) => a.afterMs - b.afterMs);
  const totalMs = Math.max(1, happened.at(-1)?.afterMs ?? 0);
  let from = 0;
  const stages = happened.map(({ afterMs, ...part }) => {
    const to = Math.max(0, afterMs) / totalMs;
    const stage = { ...part, afterMs: Math.round(afterMs), from, to };
    from = to;
    return stage;
  });
  const [longest] = stages.toSorted((a, b) => b.to - b.from - (a.to - a.from));
  return { totalMs: Math.round(totalMs), stages, longest };
}

/**
 * Instant, name of the stage that it ends, and a way to make the stage faster.
 * @type {readonly (readonly [Exclude<keyof Instants, 'heardAtMs'> | 'firstHeardAtMs', string, string])[]}
 */
const stageTexts = [
  [
    'endedAtMs',
    'I noticed that you had finished',
    'I wait for a pause, and wait less once I know how you talk.',
  ],
  [
    'recognisedAtMs',
    'Your words were recognised',
    'A recogniser on a faster machine helps: TRANSCRIPTION_BASE_URL.',
  ],
  [
    'firstTokenAtMs',
    'The model began its answer',
    'A smaller or nearer model helps: CHAT_COMPLETION_MODEL.',
  ],
  [
    'firstClauseAtMs',
    'Its first words were whole',
    'A model that writes faster helps: CHAT_COMPLETION_MODEL.',
  ],
  [
    'firstSpeechAtMs',
    'The voice began to speak them',
    'A voice that streams helps: SPEECH_MODEL. npm run doctor says whether yours does.',
  ],
  [
    'firstSentAtMs',
    'The sound left',
    'Something else was playing, or this machine is busy.',
  ],
  [
    'firstHeardAtMs',
    'You heard it',
    'The way to you is long, or this machine is busy.',
  ],
];
