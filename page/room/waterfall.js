/**
 * Instants in ms of one clock, as the bot measures them.
 * @typedef {object} Instants
 * @property {number} heardAtMs last syllable of the question
 * @property {number} [endedAtMs] end of the utterance
 * @property {number} [recognisedAtMs]
 * @property {number} [firstTokenAtMs]
 * @property {number} [firstClauseAtMs]
 * @property {number} [firstSpeechAtMs]
 * @property {number} [firstSentAtMs]
 */

/**
 * A stage of an answer, with its bar.
 * @typedef {object} Stage
 * @property {string} name
 * @property {string} faster a way to make the stage faster
 * @property {number} afterMs since the last syllable
 * @property {number} from left end of the bar, 0 to 1
 * @property {number} to right end of the bar, 0 to 1
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
  const allInstants = {
    ...instants,
    firstHeardAtMs: isHeard ? firstHeardAtMs : undefined,
  };
  const endedStages = stageTexts
    .flatMap(([instant, name, faster]) => {
      const atMs = allInstants[instant];
      return atMs === undefined ? [] : [{ name, faster, afterMs: atMs - heardAtMs }];
    })
    .toSorted((a, b) => a.afterMs - b.afterMs);
  const totalMs = Math.max(1, endedStages.at(-1)?.afterMs ?? 0);
  let from = 0;
  const stages = endedStages.map(({ afterMs, ...texts }) => {
    const to = Math.max(0, afterMs) / totalMs;
    const stage = { ...texts, afterMs: Math.round(afterMs), from, to };
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
