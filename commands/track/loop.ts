import { notInChannel } from '#commands/rights.ts';
import type { Command } from '#src/conversation/command.ts';
import { TrackRequests } from '#src/features/tracks/track-requests.ts';
import { newTrack } from './options.ts';
import { callerOf, repliesOf, trackIn } from './replies.ts';

export const loop: Command = {
  name: 'loop',
  description: 'command.track.loop',
  shownTo: 'room',
  options: [
    {
      name: 'mode',
      description: 'command.track.loop',
      required: true,
      kind: 'choice',
      values: ['on', 'off'],
    },
    newTrack,
  ],
  async run(call, { port, sessions }) {
    const barred = notInChannel(call, sessions);
    if (barred) return [barred];
    const setting = { kind: 'loop', on: call.words.mode !== 'off' } as const;
    return repliesOf([
      port(TrackRequests).change(call.guildId, callerOf(call), setting, trackIn(call)),
    ]);
  },
};
