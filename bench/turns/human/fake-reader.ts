import type { TurnMoment } from '#bench/turns/silences/turn-moments.ts';
import { seededRandom } from '#sandbox/seeded-random.ts';
import { endpointRules } from '#src/turn/endpointing/endpointing.ts';
import {
  decideEndpointingDelay,
  type EndpointingDelayRules,
} from '#src/turn/endpointing/endpointing-delay.ts';
import { WordsJudgeTrust } from '#src/turn/endpointing/words-judge-trust.ts';
import type { HumanSilence } from './human-scenes.ts';

/** Shares of pauses and ends of turns that a chat model judges rightly. */
export type ReaderSkill = readonly [pauses: number, ends: number];

export type ReadSilence = HumanSilence & { readonly moments: readonly TurnMoment[] };

/** From the request to the first word: 470 ms of silence where words come after 120 ms. */
const readMs = 350;
const model = 'reader';

/**
 * Returns when the turn ends in each silence, since it began, where a chat model that is asked in place of the preemptive
 * request judges the words. What it is worth was learnt in the pauses and ends that people made themselves.
 */
export function listReadEnds(
  silences: readonly ReadSilence[],
  [pauses, ends]: ReaderSkill,
  rules: EndpointingDelayRules,
): readonly number[] {
  const random = seededRandom(1);
  const read = silences.map((silence) => {
    const isHold = silence.kind === 'hold';
    const isRight = random() < (isHold ? pauses : ends);
    return { silence, isHold, isWhole: isRight !== isHold };
  });
  const trust = new WordsJudgeTrust();
  for (const { isHold, isWhole, silence } of read) {
    const lengthMs = silence.toMs - silence.fromMs;
    const { judgedMs = lengthMs } = playSilence(silence, isWhole, trust, rules);
    const wentOn = isHold && lengthMs <= endpointRules.mergeMs;
    if (silence.insertedMs === undefined && judgedMs < lengthMs)
      trust.learn(model, { isWhole, wentOn });
  }
  return read.map(
    ({ isWhole, silence }) => playSilence(silence, isWhole, trust, rules).endMs,
  );
}

function playSilence(
  { fromMs, moments, toMs }: ReadSilence,
  isWhole: boolean,
  trust: WordsJudgeTrust,
  rules: EndpointingDelayRules,
) {
  const asked = { question: 1, isTrusted: trust.isTrusted(model) };
  const weight = trust.weigh(model, isWhole);
  let judgedMs: number | undefined;
  for (const { atMs, signs, silentMs } of moments) {
    const nowMs = atMs - fromMs;
    const isPending = judgedMs === undefined || nowMs < judgedMs;
    const judged = { ...asked, isPending, logit: isPending ? 0 : weight };
    const wordsJudgement = judgedMs === undefined ? undefined : judged;
    const delay = decideEndpointingDelay({ ...signs, wordsJudgement }, rules, {});
    if (silentMs >= Math.max(rules.minDelayMs, delay.delayMs))
      return { endMs: nowMs, judgedMs };
    const hasWords = signs.endOfTurn !== undefined && !signs.isTextless;
    if (hasWords && delay.delayMs - silentMs <= delay.preemptiveLeadMs)
      judgedMs ??= nowMs + readMs;
  }
  return { endMs: toMs - fromMs, judgedMs };
}
