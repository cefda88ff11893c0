import { inChannel } from '#commands/rights.ts';
import type { Button } from '#src/features/command.ts';
import { isSameTrack } from '#src/features/tracks/track-names.ts';
import { callerOf, shortRepliesOf } from './replies.ts';

/** Second row of the panel, and Skip under a refusal, which votes; `about` is the track. */
export const trackPresses: readonly Button[] = [steeringButton('pause'), steeringButton('skip')];

/** A press on Pause also resumes. */
function steeringButton(name: 'pause' | 'skip'): Button {
  return {
    name: `track.${name}`,
    label: `button.track.${name}`,
    style: 'plain',
    isNeverLimited: true,
    run: inChannel(async (call, { features: { tracks } }) => {
      const { about = '' } = call.words;
      const pressed = tracks.list(call.guildId)?.find((one) => isSameTrack(one.name, about));
      const kind = name === 'pause' && pressed?.isPaused ? 'resume' : name;
      return shortRepliesOf(tracks.change(call.guildId, callerOf(call), { kind }, about));
    }),
  };
}
