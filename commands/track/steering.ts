import { notInRoom } from '#commands/rights.ts';
import type { Command } from '#src/session/ports/command.ts';
import type { TrackAction } from '#src/session/ports/tracks.ts';
import { soundsOrAll, trackOrAll } from './options.ts';
import { callerOf, told, trackIn } from './replies.ts';

/** `/track pause` and other commands that need no more than the name of a track, or `all`. */
export function steering(deed: TrackAction): Command {
  return {
    name: deed,
    description: `command.track.${deed}`,
    shownTo: 'room',
    options: [deed === 'skip' || deed === 'stop' ? soundsOrAll : trackOrAll],
    async run(call, { sessions, tracks }) {
      const barred = notInRoom(call, sessions);
      if (barred) return [barred];
      return told(tracks.steer(call.guildId, callerOf(call), deed, trackIn(call)));
    },
  };
}
