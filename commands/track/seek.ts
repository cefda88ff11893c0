import { notInChannel } from '#commands/rights.ts';
import type { Command } from '#src/conversation/command.ts';
import { seekTargetOf } from '#src/features/tracks/parse-seek-target.ts';
import { TrackRequests } from '#src/features/tracks/track-requests.ts';
import { newTrack } from './options.ts';
import { callerOf, repliesOf, trackIn } from './replies.ts';

/** Longest position, in characters: `-10:00:00` and some spaces. */
const mostChars = 12;

export const seek: Command = {
  name: 'seek',
  description: 'command.track.seek',
  shownTo: 'room',
  options: [
    {
      name: 'to',
      description: 'track.place',
      required: true,
      kind: 'text',
      maxChars: mostChars,
    },
    newTrack,
  ],
  async run(call, { port, sessions }) {
    const barred = notInChannel(call, sessions);
    if (barred) return [barred];
    const to = seekTargetOf(call.words.to ?? '');
    if (!to) return [{ id: 'track.place', to: 'caller' }];
    return repliesOf([
      port(TrackRequests).change(call.guildId, callerOf(call), { kind: 'seek', to }, trackIn(call)),
    ]);
  },
};
