import type { ChannelId, GuildId } from '#src/base/ids.ts';
import { Owned } from '#src/people/owned.ts';
import type { TextLine } from '#src/texts/texts.ts';
import type { Places } from './command-ports.ts';
import type { ChannelRef } from './voice-link.ts';

/** A channel or thread in which a text stands. Its id is undefined if Discord does not name it. */
export type ReadPlace = {
  readonly guildId: GuildId;
  readonly channelId: ChannelId | undefined;
};

type ReaderFacts = Pick<Places, 'isNoWider'>;

/**
 * Opens what belongs to a voice channel for all readers of a place: in the channel's own chat, and where each reader may open
 * the channel. Everything that names a voice channel or its people in a place passes here at the moment in which it is
 * written.
 *
 * @example
 * import { toChannelId, toGuildId } from '#src/base/ids.ts';
 * import { Owned } from '#src/people/owned.ts';
 * import { findForReaders } from '#src/ports/place-readers.ts';
 *
 * const guildId = toGuildId('1');
 * const name = new Owned('secret', { channelId: toChannelId('2') });
 * const general = { guildId, channelId: toChannelId('3') };
 * findForReaders(name, general, { isNoWider: () => false }); // undefined
 */
export function findForReaders<Value>(
  value: Owned<Value>,
  { channelId: placeId, guildId }: ReadPlace,
  places: ReaderFacts,
): Value | undefined {
  return value.findForPlace(
    placeId,
    (channelId) =>
      placeId !== undefined &&
      places.isNoWider(
        { guildId, channelId: placeId, name: '' },
        { guildId, channelId, name: '' },
      ),
  );
}

/** Says in a place that the bot has moved to a channel, which is named if all readers of the place may open the channel. */
export function toMovedLine(
  channel: ChannelRef,
  placeId: ChannelId | undefined,
  places: ReaderFacts,
): TextLine {
  const line: TextLine = { id: 'moved', with: { channel: channel.name } };
  const { channelId, guildId } = channel;
  const place = { guildId, channelId: placeId };
  return (
    findForReaders(new Owned(line, { channelId }), place, places) ?? {
      id: 'moved.elsewhere',
    }
  );
}
