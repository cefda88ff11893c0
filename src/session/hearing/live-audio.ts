import type { PaidPipeline } from '#src/session/paid-engines.ts';
import type { LiveAudio, OpenUtterance } from './open-utterance.ts';
import { type AddressingContext, audience } from './utterance-facts.ts';

/** Only of somebody who is going to be answered whatever they say: of everybody else, the words decide first. */
export function liveAudioOf(
  utterance: Pick<OpenUtterance, 'speakerId' | 'fromMs' | 'isAlone'>,
  pipeline: Pick<PaidPipeline, 'hear' | 'forgetHeard'>,
  context: AddressingContext,
): LiveAudio | undefined {
  const { speakerId, fromMs } = utterance;
  if (!context.context.addressing.presumes(utterance, audience(utterance, context)))
    return undefined;
  return {
    hear: (sound) => pipeline.hear(sound, speakerId, fromMs),
    forget: () => pipeline.forgetHeard(speakerId, fromMs),
  };
}
