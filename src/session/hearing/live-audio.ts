import type { CurrentPipeline } from '#src/session/answering/current-pipeline.ts';
import type { SessionDependencies } from '#src/session/dependencies.ts';
import type { ChannelRef } from '#src/session/ports/voice-link.ts';
import type { LiveAudio, OpenUtterance } from './open-utterance.ts';
import { type AddressingContext, audience } from './utterance-facts.ts';

/** A channel whose pipeline may hear people while they speak. */
type HearingContext = AddressingContext & {
  readonly context: {
    readonly channel: ChannelRef;
    readonly parts: Pick<SessionDependencies, 'spending' | 'style'>;
    readonly pipeline: Pick<CurrentPipeline, 'forgetHeard' | 'hears' | 'paidBy'>;
  };
};

/**
 * Only of somebody who is going to be answered whatever they say, where there is money for an answer: of everybody else, the words
 * decide first.
 */
export function liveAudioOf(
  utterance: Pick<OpenUtterance, 'fromMs' | 'isAlone' | 'name' | 'speakerId'>,
  options: HearingContext,
): LiveAudio | undefined {
  const { fromMs, name, speakerId } = utterance;
  const { addressing, channel, parts, pipeline } = options.context;
  if (!pipeline.hears || !addressing.presumes(utterance, audience(utterance, options)))
    return undefined;
  const opened = parts.spending.open({
    kind: 'sound ahead of an answer',
    guildId: channel.guildId,
    personId: speakerId,
    name,
    characters: parts.style.instructions.length,
    heardMs: 0,
  });
  if (opened.kind === 'refused') return undefined;
  const { reservation } = opened;
  reservation.close(); // the answer sets its money aside itself
  const paid = pipeline.paidBy(reservation);
  return {
    hear: (sound) => paid.hear(sound, speakerId, fromMs),
    forget: () => pipeline.forgetHeard(speakerId, fromMs),
  };
}
