import { onlyInChannel, tellListeners } from '#commands/command-rights.ts';
import type { Button } from '#src/features/command.ts';
import { isSameTrack } from '#src/features/tracks/track-names.ts';
import { toShortReplies } from './track-replies.ts';

/** The second row of the panel, and Skip under a refusal. */
export const trackPresses: readonly Button[] = [
  toSteeringButton('pause'),
  toSteeringButton('skip'),
];

/** Builds a button for a track. Pause also resumes. */
function toSteeringButton(name: 'pause' | 'skip'): Button {
  const run: Button['run'] = async (call, { features: { tracks } }) => {
    const { about = '' } = call.inputs;
    const pressed = tracks
      .listTracks(call.guildId)
      ?.find(({ name: trackName }) => isSameTrack(trackName, about));
    const kind = name === 'pause' && pressed?.isPaused ? 'resume' : name;
    return toShortReplies(
      tracks.changeTracks(call.guildId, call.caller, { kind }, about),
    );
  };
  return {
    name: `track.${name}`,
    label: `button.track.${name}`,
    style: 'plain',
    isNeverLimited: true,
    run: onlyInChannel(tellListeners({ isNeverLimited: true, run })),
  };
}
