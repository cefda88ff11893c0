import type { Owners } from '#src/conversation/session.ts';
import type { Deps } from '#src/conversation/session-dependencies.ts';
import type { HearingState } from '#src/ports/session-hearing.ts';

/** Reads the facts of a session on which `describeHearing` decides, as they are now. */
export function readHearingState(
  {
    consent,
    features,
    loop,
    voiceChannel,
  }: Owners<'consent' | 'features' | 'loop' | 'voiceChannel'>,
  { localRecogniser, spending }: Deps<'localRecogniser' | 'spending'>,
): HearingState {
  const { connection, restrictions, settings } = loop.state.session;
  return {
    mode: settings.mode,
    addressing: settings.addressing,
    isLinked: connection.kind === 'up',
    isDeafened: restrictions.includes('deafened'),
    isPaused: consent.isPaused,
    isCaptioned: features.describePanel().isCaptioned === true,
    unpaidUntil: spending.findUsedHearingBudget(voiceChannel.channel.guildId)?.time,
    hasLocalRecogniser: localRecogniser.isAvailable,
  };
}
