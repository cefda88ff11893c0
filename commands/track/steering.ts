import { notInChannel } from '#commands/rights.ts';
import type { Command } from '#src/conversation/command.ts';
import type { TrackAction } from '#src/features/tracks/track-outcomes.ts';
import { TrackRequests } from '#src/features/tracks/track-requests.ts';
import { soundsOrAll, trackOrAll } from './options.ts';
import { callerOf, repliesOf, trackIn } from './replies.ts';

/** `/track pause` and other commands that need no more than the name of a track, or `all`. */
export function steering(action: TrackAction): Command {
  return {
    name: action,
    description: `command.track.${action}`,
    shownTo: 'room',
    options: [action === 'skip' || action === 'stop' ? soundsOrAll : trackOrAll],
    async run(call, { port, sessions }) {
      const barred = notInChannel(call, sessions);
      if (barred) return [barred];
      return repliesOf(
        port(TrackRequests).steer(call.guildId, callerOf(call), action, trackIn(call)),
      );
    },
  };
}
