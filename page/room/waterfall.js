/** @import { TextId, TextLine } from './texts.js' */

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
 * @property {TextId} name
 * @property {TextLine} faster a way to make the stage faster
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
 * @type {readonly (readonly [Exclude<keyof Instants, 'heardAtMs'> | 'firstHeardAtMs', TextId, TextLine])[]}
 */
const stageTexts = [
  ['endedAtMs', 'page.stage.ended', { id: 'page.stage.ended.faster' }],
  [
    'recognisedAtMs',
    'page.stage.recognised',
    { id: 'page.stage.recognised.faster', with: { setting: 'TRANSCRIPTION_BASE_URL' } },
  ],
  [
    'firstTokenAtMs',
    'page.stage.token',
    { id: 'page.stage.token.faster', with: { setting: 'CHAT_COMPLETION_MODEL' } },
  ],
  [
    'firstClauseAtMs',
    'page.stage.clause',
    { id: 'page.stage.clause.faster', with: { setting: 'CHAT_COMPLETION_MODEL' } },
  ],
  [
    'firstSpeechAtMs',
    'page.stage.speech',
    {
      id: 'page.stage.speech.faster',
      with: { setting: 'SPEECH_MODEL', command: 'npm run doctor' },
    },
  ],
  ['firstSentAtMs', 'page.stage.sent', { id: 'page.stage.sent.faster' }],
  ['firstHeardAtMs', 'page.stage.heard', { id: 'page.stage.heard.faster' }],
];
