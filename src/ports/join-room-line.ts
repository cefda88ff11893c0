import type { PersonId } from '#src/base/ids.ts';
import type { TextLine } from '#src/texts/texts.ts';
import type { Places } from './command-ports.ts';
import type { ChannelRef } from './voice-link.ts';

export function mayKnowChannel(
  channel: ChannelRef,
  personId: PersonId,
  places: Pick<Places, 'findChannelFacts'>,
): boolean {
  return places.findChannelFacts(channel, personId)?.callerMayEnter === true;
}

/** Sends a person to the bot's channel, named if the person may enter. */
export function toJoinRoomLine(...where: Parameters<typeof mayKnowChannel>): TextLine {
  const [{ name: channel }] = where;
  return mayKnowChannel(...where)
    ? { id: 'perm.room', with: { channel } }
    : { id: 'perm.room.closed' };
}
