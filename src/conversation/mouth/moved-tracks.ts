import type { Mouth } from '#src/conversation/mouth/mouth.ts';
import type { SessionChannel } from '#src/conversation/session.ts';
import type { Deps } from '#src/conversation/session-dependencies.ts';
import type { ChannelNotices } from '#src/notices/channel-notices.ts';
import { mayBeHeard } from '#src/people/audience.ts';
import { Owned } from '#src/people/owned.ts';
import { type LeftSound, NamedTracks } from '#src/playback/tracks/named-tracks.ts';
import type { ChannelRef } from '#src/ports/voice-link.ts';

type FormerTracks = {
  readonly notices: ChannelNotices;
  readonly mouth: Mouth;
  readonly voiceChannel: SessionChannel;
};

const maxToldSounds = 5;

/**
 * Makes tracks for a channel, or takes those of a former session along. Sounds of the former channel that may not be
 * heard here stay behind, and its chat is told so.
 */
export function takeTracks(
  channel: ChannelRef,
  former: FormerTracks | undefined,
  deps: Deps<'clock' | 'places'>,
): NamedTracks {
  const tracks = former?.mouth.mix.tracks ?? new NamedTracks(deps.clock);
  const leftSounds = tracks.moveTo((owner) => mayBeHeard(owner, channel, deps));
  if (former && leftSounds.length > 0) tellLeftSounds(leftSounds, former);
  return tracks;
}

function tellLeftSounds(
  leftSounds: readonly LeftSound[],
  { notices, voiceChannel }: FormerTracks,
) {
  const lines = leftSounds.slice(0, maxToldSounds).map(({ item, track }) => {
    const title = `${item.title} (${track})`;
    return notices.formatWrittenText({
      id: 'track.ended',
      with: { title, end: 'left' },
    });
  });
  const { channelId } = voiceChannel.channel;
  notices.writeWords(new Owned(lines.join('\n'), { channelId }));
}
