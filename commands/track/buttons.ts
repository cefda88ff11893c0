import { notInChannel } from '#commands/rights.ts';
import type { Public } from '#src/base/public.ts';
import type { Button, CommandCall } from '#src/conversation/command.ts';
import { referredTrack } from '#src/features/tracks/track-names.ts';
import type { ListedTrack, TrackAction } from '#src/features/tracks/track-outcomes.ts';
import { TrackRequests } from '#src/features/tracks/track-requests.ts';
import type { PlainTextId } from '#src/texts/texts.ts';
import { callerOf, repliesOf, shortRepliesOf } from './replies.ts';

/** Second row of the panel, where `about` is the track; and the vote button under a refusal, where `about` is the poll. */
export const trackPresses: readonly Button[] = [
  steeringButton('pause', 'button.track.pause', ({ isPaused }) => (isPaused ? 'resume' : 'pause')),
  steeringButton('skip', 'button.track.skip', () => 'skip'),
  {
    name: 'track.vote',
    label: 'button.track.vote',
    style: 'plain',
    async run(call, { port, sessions }) {
      const barred = notInChannel(call, sessions);
      if (barred) return [barred];
      const all = port(TrackRequests).vote(call.guildId, call.callerId, about(call));
      return all.some(({ kind }) => kind === 'denied') ? shortRepliesOf(all) : repliesOf(all);
    },
  },
];

function steeringButton(
  name: string,
  label: PlainTextId,
  actionOn: (track: Pick<ListedTrack, 'isPaused'>) => TrackAction,
): Button {
  return {
    name: `track.${name}`,
    label,
    style: 'plain',
    async run(call, { port, sessions }) {
      const barred = notInChannel(call, sessions);
      if (barred) return [barred];
      const tracks = port(TrackRequests);
      const track = trackOf(call, tracks);
      const view = tracks.list(call.guildId)?.find((one) => one.name === track);
      const action = actionOn(view ?? { isPaused: false });
      return shortRepliesOf(tracks.steer(call.guildId, callerOf(call), action, track));
    },
  };
}

/** Name of the track that a button is about. */
function trackOf(call: CommandCall, tracks: Public<TrackRequests>): string {
  const names = tracks.list(call.guildId)?.map(({ name }) => name) ?? [];
  return referredTrack(about(call), names);
}

function about({ words }: CommandCall): string {
  return words.about ?? '';
}
