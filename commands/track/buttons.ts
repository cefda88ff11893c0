import { inChannel } from '#commands/rights.ts';
import type { Button, CommandCall } from '#src/features/contract/command.ts';
import { isSameTrack } from '#src/features/tracks/track-names.ts';
import type { TrackAction } from '#src/playback/tracks/track-outcomes.ts';
import type { PlainTextId } from '#src/texts/texts.ts';
import { callerOf, shortRepliesOf } from './replies.ts';

/** Second row of the panel, and Skip under a refusal, which votes; `about` is the track. */
export const trackPresses: readonly Button[] = [
  steeringButton('pause', 'button.track.pause', (isPaused) => (isPaused ? 'resume' : 'pause')),
  steeringButton('skip', 'button.track.skip', () => 'skip'),
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
