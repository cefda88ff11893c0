import { onlyInChannel, tellListeners } from '#commands/command-rights.ts';
import type { Button } from '#src/features/command.ts';
import { isSameTrack } from '#src/features/tracks/track-names.ts';
import { toShortReplies } from './track-replies.ts';

/** The second row of the panel, Skip under a refusal, and Stop on the board of sounds. */
export const trackPresses: readonly Button[] = [
  toSteeringButton('pause', 'button.track.pause'),
  toSteeringButton('skip', 'button.track.skip'),
  toSteeringButton('stop', 'button.stop'),
];

/** Builds a button for a track. Pause also resumes. */
function toSteeringButton(
  name: 'pause' | 'skip' | 'stop',
  label: Button['label'],
): Button {
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
    label,
    style: 'plain',
    isNeverLimited: true,
    run: onlyInChannel(tellListeners({ isNeverLimited: true, run })),
  };
}
