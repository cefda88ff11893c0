import { notInRoom } from '#commands/rights.ts';
import type { Command } from '#src/session/ports/command.ts';
import { newTrack } from './options.ts';
import { callerOf, told, trackIn } from './replies.ts';

export const loop: Command = {
  name: 'loop',
  description: 'command.track.loop',
  shownTo: 'room',
  options: [
    {
      name: 'mode',
      description: 'command.track.loop.mode',
      required: true,
      kind: 'choice',
      values: ['on', 'off'],
    },
    newTrack,
  ],
  async run(call, { sessions, tracks }) {
    const barred = notInRoom(call, sessions);
    if (barred) return [barred];
    const setting = { kind: 'loop', on: call.words.mode !== 'off' } as const;
    return told([tracks.change(call.guildId, callerOf(call), setting, trackIn(call))]);
  },
};
