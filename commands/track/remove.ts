import { closest } from '#commands/closest-names.ts';
import { notInChannel } from '#commands/rights.ts';
import type { Command, Suggest } from '#src/conversation/command.ts';
import { isSameTrack, ownItems, voiceTrack } from '#src/features/tracks/track-names.ts';
import { TrackRequests } from '#src/features/tracks/track-requests.ts';
import { queueTrack } from './options.ts';
import { callerOf, repliesOf, trackIn } from './replies.ts';

/** Longest suggestion that Discord shows, in characters. */
const mostChars = 100;

/** Waiting items of the track that is named so far, as `2. rain`. */
const waiting: Suggest = async (typed, call, { port }) => {
  const track = trackIn(call);
  const view = port(TrackRequests)
    .list(call.guildId)
    ?.find(({ name }) => isSameTrack(name, track));
  const items = view?.waiting ?? [];
  const each = items.map(({ title }, at) => `${at + 1}. ${title}`.slice(0, mostChars));
  return closest(
    typed,
    isSameTrack(track, voiceTrack) && items.length > 0 ? [...each, ownItems] : each,
  );
};

export const remove: Command = {
  name: 'remove',
  description: 'command.track.remove',
  shownTo: 'room',
  options: [
    {
      name: 'item',
      description: 'command.track.remove.item',
      required: true,
      kind: 'text',
      maxChars: mostChars,
      suggest: waiting,
    },
    queueTrack,
  ],
  async run(call, { port, sessions }) {
    const barred = notInChannel(call, sessions);
    if (barred) return [barred];
    const item = call.words.item?.trim() ?? '';
    const setting = { kind: 'remove', item } as const;
    return repliesOf([
      port(TrackRequests).change(call.guildId, callerOf(call), setting, trackIn(call)),
    ]);
  },
};
