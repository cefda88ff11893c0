import { inChannel } from '#commands/rights.ts';
import type { Button, CommandCall } from '#src/features/contract/command.ts';
import { isSameTrack } from '#src/features/tracks/track-names.ts';
import type { TrackAction } from '#src/features/tracks/track-outcomes.ts';
import type { PlainTextId } from '#src/texts/texts.ts';
import { callerOf, repliesOf, shortRepliesOf } from './replies.ts';

/** Second row of the panel, where `about` is the track; and the vote button under a refusal, where `about` is the poll. */
export const trackPresses: readonly Button[] = [
  steeringButton('pause', 'button.track.pause', (isPaused) => (isPaused ? 'resume' : 'pause')),
  steeringButton('skip', 'button.track.skip', () => 'skip'),
  {
    name: 'track.vote',
    label: 'button.track.vote',
    style: 'plain',
    run: inChannel(async (call, { features }) => {
      const all = features.tracks.vote(call.guildId, call.callerId, about(call));
      return all.some(({ kind }) => kind === 'denied') ? shortRepliesOf(all) : repliesOf(all);
    }),
  },
];

function steeringButton(
  name: string,
  label: PlainTextId,
  actionOn: (isPaused: boolean) => TrackAction,
): Button {
  return {
    name: `track.${name}`,
    label,
    style: 'plain',
    run: inChannel(async (call, { features }) => {
      const tracks = features.tracks;
      const track = about(call);
      const views = tracks.list(call.guildId) ?? [];
      const { isPaused = false } = views.find(({ name }) => isSameTrack(name, track)) ?? {};
      const change = { kind: actionOn(isPaused) };
      return shortRepliesOf(tracks.change(call.guildId, callerOf(call), change, track));
    }),
  };
}

function about({ words }: CommandCall): string {
  return words.about ?? '';
}
