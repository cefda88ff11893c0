import type { Owners } from '#src/conversation/session.ts';
import type { Deps } from '#src/conversation/session-dependencies.ts';
import type { HearingState } from '#src/ports/session-hearing.ts';

/** Reads the facts of a session on which `describeHearing` decides, as they are now, but for its captions. */
export function readHearingState(
  { consent, loop, voiceChannel }: Owners<'consent' | 'loop' | 'voiceChannel'>,
  { localRecogniser, spending }: Deps<'localRecogniser' | 'spending'>,
): Omit<HearingState, 'isCaptioned'> {
  const { connection, restrictions, settings } = loop.state.session;
  return {
    mode: settings.mode,
    addressing: settings.addressing,
    isLinked: connection.kind === 'up',
    isDeafened: restrictions.includes('deafened'),
    isPaused: consent.isPaused,
    unpaidUntil: spending.findUsedHearingBudget(voiceChannel.channel.guildId)?.time,
    hasLocalRecogniser: localRecogniser.isAvailable,
  };
}
