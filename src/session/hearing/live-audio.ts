import type { SessionContext } from '#src/session/context.ts';
import type { LiveAudio, OpenUtterance } from './open-utterance.ts';
import { audience } from './utterance-facts.ts';

/**
 * Only of somebody who is going to be answered whatever they say, where there is money for an answer: of everybody else, the words
 * decide first.
 */
export function liveAudioOf(
  utterance: Pick<OpenUtterance, 'fromMs' | 'isAlone' | 'name' | 'speakerId'>,
  context: SessionContext,
): LiveAudio | undefined {
  const { fromMs, name, speakerId } = utterance;
  const { addressing, channel, parts, pipeline } = context;
  if (!pipeline.hears || !addressing.presumes(utterance, audience(utterance, context)))
    return undefined;
  const opened = parts.spending.open({
    kind: 'sound ahead of an answer',
    guildId: channel.guildId,
    personId: speakerId,
    name,
    characters: context.style().instructions.length,
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
