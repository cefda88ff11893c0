import type { PersonId } from '#src/base/ids.ts';
import type { TextLine } from '#src/texts/texts.ts';
import type { Places } from './command-ports.ts';
import type { ChannelRef } from './voice-link.ts';

/** Tests whether a person may know of a channel: only those that may enter. */
export function mayKnowChannel(
  channel: ChannelRef,
  personId: PersonId,
  places: Pick<Places, 'findChannelFacts'>,
): boolean {
  return places.findChannelFacts(channel, personId)?.callerMayEnter === true;
}

/** Sends a person to the bot's channel, named if the person may enter. */
export function toJoinRoomLine(
  channel: ChannelRef,
  personId: PersonId,
  places: Pick<Places, 'findChannelFacts'>,
): TextLine {
  return mayKnowChannel(channel, personId, places)
    ? { id: 'perm.room', with: { channel: channel.name } }
    : { id: 'perm.room.closed' };
}
