import {
  createFakeReader,
  type FakeReader,
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

export type ReadSilence = HumanSilence & { readonly moments: readonly TurnMoment[] };

/**
 * Returns when the turn ends in each silence, since it began, where a reader judges the words. It has judged the same
 * silences before, from which its worth is known.
 */
export function listReadEnds(
  silences: readonly ReadSilence[],
  skill: ReaderSkill,
  rules: EndpointingDelayRules,
): readonly number[] {
  const reader = createFakeReader(skill);
  const read = silences.map((silence) => {
    const isHold = silence.kind === 'hold';
    return { silence, isHold, isWhole: reader.judge(isHold) };
  });
  for (const { isHold, isWhole, silence } of read) {
    const lengthMs = silence.toMs - silence.fromMs;
    const { asked } = playSilence(silence, isWhole, reader, rules);
    const wentOn = isHold && lengthMs <= endpointRules.mergeMs;
    if (asked && asked.dueMs < lengthMs) asked.answer.learn(wentOn);
  }
  return read.map(
    ({ isWhole, silence }) => playSilence(silence, isWhole, reader, rules).endMs,
  );
}

function playSilence(
  { fromMs, moments, toMs }: ReadSilence,
  isWhole: boolean,
  reader: FakeReader,
  rules: EndpointingDelayRules,
) {
  let asked: ReaderQuestion | undefined;
  for (const { atMs, signs, silentMs } of moments) {
    const nowMs = atMs - fromMs;
    const isPending = asked && nowMs < asked.dueMs;
    const wordsJudgement = isPending ? asked?.asked : asked?.answer;
    const delay = decideEndpointingDelay({ ...signs, wordsJudgement }, rules, {});
    if (silentMs >= Math.max(rules.minDelayMs, delay.delayMs))
      return { endMs: nowMs, asked };
    const hasWords = signs.endOfTurn !== undefined && !signs.isTextless;
    if (hasWords && delay.delayMs - silentMs <= delay.preemptiveLeadMs)
      asked ??= reader.ask(isWhole, nowMs);
  }
  return { endMs: toMs - fromMs, asked };
}
