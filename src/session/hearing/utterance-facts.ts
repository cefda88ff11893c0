import type { SessionDependencies } from '#src/session/dependencies.ts';
import type { SpeechOutput } from '#src/session/output/speech-output.ts';
import type { ChannelMember } from '#src/session/ports/voice-link.ts';
import type { TurnQueue } from '#src/session/queue/turn-queue.ts';
import type { LookAccount, LookMoment } from '#src/speech/look-account.ts';
import type { UtteranceFacts } from '#src/turn/answerable.ts';
import type { Evidence } from '#src/turn/evidence.ts';
import type { SessionAddressing, Unpeopled } from './addressing.ts';
import type { OpenUtterance } from './open-utterance.ts';

/** What decides whether words are answered. */
export type AddressingContext = {
  readonly context: { readonly addressing: Pick<SessionAddressing, 'presumes'> };
  /** Everybody there besides the bot itself. */
  readonly people: () => readonly ChannelMember[];
};

/** What is known of an utterance, `text` being what was understood of it, or undefined. */
export function factsOf(
  { speakerId, fromMs, before, hints }: OpenUtterance,
  text: string | undefined,
  evidence: Evidence,
  canRepeat: boolean,
): Unpeopled<UtteranceFacts> {
  const goesOn = before?.isMeant === true;
  return { speakerId, fromMs, evidence, text, goesOn, canRepeat, hints };
}

/** For whom it may be: those who were there from its beginning on, or nobody but the bot. */
export function audience(
  { isAlone }: Pick<OpenUtterance, 'isAlone'>,
  { people }: AddressingContext,
): readonly ChannelMember[] {
  return isAlone ? [] : people();
}

/** What decides whether words are recognised, and when. */
export type RecognitionContext = Omit<AddressingContext, 'context'> & {
  readonly context: {
    readonly addressing: Pick<SessionAddressing, 'isCalled' | 'needsWords' | 'presumes'>;
    readonly queue: Pick<TurnQueue, 'current' | 'isFree'>;
    readonly output: Pick<SpeechOutput, 'sounds'>;
  };
};

type LookContext = RecognitionContext & {
  readonly context: { readonly parts: Pick<SessionDependencies, 'transcriber'> };
};

/** Whether anybody needs the words: captions, or the bot. */
export function needsWords(utterance: OpenUtterance, options: RecognitionContext): boolean {
  const { addressing, output, queue } = options.context;
  if (utterance.isFollowed) return true;
  const { current } = queue;
  const isAnswered = current?.kind === 'question' && current.said.speakerId === utterance.speakerId;
  const isTheirs = isAnswered || utterance.before !== undefined;
  const bot = { speaks: output.sounds, isTheirs };
  return addressing.needsWords(utterance, audience(utterance, options), bot);
}

/** Whether it may be for the bot, as far as that is known before its end: then its words are worth looking ahead. */
export function isForBot(utterance: OpenUtterance, options: RecognitionContext): boolean {
  const { addressing, queue } = options.context;
  const { before, overlaps, understood } = utterance;
  if (overlaps || before || !queue.isFree) return true;
  if (understood !== undefined && addressing.isCalled(understood)) return true;
  return addressing.presumes(utterance, audience(utterance, options));
}

/** Whether it is sent to a recogniser in this pause; what is not waits for a longer one, or for its end. */
export function isLooked(
  utterance: OpenUtterance,
  moment: LookMoment,
  looks: Pick<LookAccount, 'affords'>,
  options: LookContext,
): boolean {
  if (!utterance.isRecognised) return false;
  if (options.context.parts.transcriber.has('listen') || isForBot(utterance, options)) return true;
  return looks.affords(utterance.soundMs, moment);
}
