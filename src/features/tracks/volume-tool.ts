import { z } from 'zod';
import { maxVolumePercent } from '#src/base/volume.ts';
import { type Owned, outcomeOf, tool } from '#src/features/contract/tool-definition.ts';
import { isOneVolume, volumeCommand, volumeFields } from './change-track-tool.ts';
import type { RunningTracks } from './session-tracks.ts';
import { voiceTrack } from './track-names.ts';
import { outcomeText } from './track-outcomes.ts';

/** Changes how loud the bot speaks. */
export const volume = tool({
  name: 'volume',
  description:
    'How loud you speak, in percent: level (100 is usual), or change for louder (20) and quieter (-20). For sounds and music call change_track.',
  schema: z.strictObject(volumeFields).refine(isOneVolume, {
    error: `Give either level, 0 to ${maxVolumePercent}, or change.`,
  }),
  right: 'room',
  effect: 'change',
  async run(by, { askerId, own, session }: Owned<RunningTracks>) {
    const tracks = own.sessionTracks.get(session);
    const outcome = tracks.request(tracks.caller(askerId), voiceTrack, volumeCommand(by));
    return outcomeOf(outcomeText(outcome));
  },
});
