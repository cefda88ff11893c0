import {
  FakeReader,
  type ReaderQuestion,
  type ReaderSkill,
} from '#bench/turns/fake-reader.ts';
import type { TurnMoment } from '#bench/turns/silences/turn-moments.ts';
import { endpointRules } from '#src/turn/endpointing/endpointing.ts';
import {
  decideEndpointingDelay,
  type EndpointingDelayRules,
} from '#src/turn/endpointing/endpointing-delay.ts';
import type { HumanSilence } from './human-scenes.ts';

/** A silence, with the signs of an end of turn at each of its instants. */
export type ReadSilence = HumanSilence & { readonly moments: readonly TurnMoment[] };

/**
 * Returns the time, in ms, from the beginning of each silence to the end of the turn, where a reader judges the transcript:
 * the length of the silence where the turn does not end. The reader has judged the same silences before, so endpointing
 * knows how far to trust it.
 */
export function listReadEnds(
  silences: readonly ReadSilence[],
  skill: ReaderSkill,
  rules: EndpointingDelayRules,
): readonly number[] {
  const reader = new FakeReader(skill);
  const judgedSilences = silences.map((silence) => {
    const isHold = silence.kind === 'hold';
    return { silence, isHold, isWhole: reader.judge(isHold) };
  });
  for (const { isHold, isWhole, silence } of judgedSilences) {
    const lengthMs = silence.toMs - silence.fromMs;
    const { question } = playSilence(silence, isWhole, reader, rules);
    const wentOn = isHold && lengthMs <= endpointRules.mergeMs;
    if (question && question.dueMs < lengthMs) question.answer.learn(wentOn);
  }
  return judgedSilences.map(
    ({ isWhole, silence }) => playSilence(silence, isWhole, reader, rules).endMs,
  );
}

function playSilence(
  { fromMs, moments, toMs }: ReadSilence,
  isWhole: boolean,
  reader: FakeReader,
  rules: EndpointingDelayRules,
) {
  let question: ReaderQuestion | undefined;
  for (const { atMs, signs, silentMs } of moments) {
    const sinceMs = atMs - fromMs;
    const isPending = question && sinceMs < question.dueMs;
    const wordsJudgement = isPending ? question?.pending : question?.answer;
    const delay = decideEndpointingDelay({ ...signs, wordsJudgement }, rules, {});
    if (silentMs >= Math.max(rules.minDelayMs, delay.delayMs))
      return { endMs: sinceMs, question };
    const hasWords = signs.endOfTurn !== undefined && !signs.isTextless;
    if (hasWords && delay.delayMs - silentMs <= delay.preemptiveLeadMs)
      question ??= reader.ask(isWhole, sinceMs);
  }
  return { endMs: toMs - fromMs, question };
}
