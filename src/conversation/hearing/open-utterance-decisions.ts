import type { ChannelMember } from '#src/conversation/ports/voice-link.ts';
import type { SessionContext, SpeakingContext } from '#src/conversation/session-context.ts';
import type { InterimBudget, InterimMoment } from '#src/speech/interim-budget.ts';
import type { UtteranceFacts } from '#src/turn/answerable.ts';
import type { Evidence } from '#src/turn/evidence.ts';
import type { OpenUtterance } from './open-utterance.ts';
import type { WithoutPeople } from './session-addressing.ts';

/** Facts about an utterance; `text`: its recognised words, or undefined. */
export function decisionFactsOf(
  utterance: OpenUtterance,
  text: string | undefined,
  evidence: Evidence,
  { languages, tools }: SpeakingContext,
): WithoutPeople<UtteranceFacts> {
  const { speakerId, fromMs, before, hints, isAmongSounds, spokenSoFar } = utterance;
  const goesOn = before?.isMeant === true;
  const words = { evidence, text, hints };
  const facts = { speakerId, fromMs, ...words, goesOn };
  const mayConfirm = !isAmongSounds && tools.spoken.awaits(speakerId, spokenSoFar);
  return mayConfirm ? { ...facts, mayConfirm, language: languages.of(speakerId) } : facts;
}

/** Possible addressees: the people who were there from its beginning on, or only the bot. */
export function audience(
  { isAlone }: Pick<OpenUtterance, 'isAlone'>,
  { people }: SessionContext,
): readonly ChannelMember[] {
  return isAlone ? [] : people();
}

/** Whether anybody needs the words: captions, or the bot. */
export function needsWords(utterance: OpenUtterance, context: SpeakingContext): boolean {
  const { addressing, output, queue, tools } = context;
  if (utterance.isFollowed || tools.spoken.awaits(utterance.speakerId, utterance.spokenSoFar))
    return true;
  const { current } = queue;
  const isAnswered = current?.kind === 'question' && current.said.speakerId === utterance.speakerId;
  const isTheirs = isAnswered || utterance.before !== undefined;
  const bot = { speaks: output.sounds, isTheirs };
  return addressing.needsWords(utterance, audience(utterance, context), bot);
}

/** Whether it is sent to a recogniser in this pause; what is not waits for a longer one, or for its end. */
export function isSentEarly(
  utterance: OpenUtterance,
  moment: InterimMoment,
  interimBudget: InterimBudget,
  context: SpeakingContext,
): boolean {
  if (!utterance.isRecognised) return false;
  const isStreamed = context.parts.transcriber.has('listen');
  return isStreamed || interimBudget.affords(utterance.soundMs, moment);
}
