import { z } from 'zod';
import { maxVolumePercent } from '#src/base/volume.ts';
import {
  defineTool,
  toOutcome,
  type WithOwnObjects,
} from '#src/features/contract/tool-definition.ts';
import { hasOneVolume, toVolumeCommand, volumeFields } from './change-track-tool.ts';
import type { RunningTracks } from './session-tracks.ts';
import { voiceTrack } from './track-names.ts';
import { toOutcomeLine } from './track-request-outcomes.ts';

/** Changes how loud the bot speaks. */
export const volumeTool = defineTool({
  name: 'volume',
  description:
    'How loud you speak, in percent: level (100 is usual), or change for louder (20) and quieter (-20). For sounds and music call change_track.',
  schema: z.strictObject(volumeFields).refine(hasOneVolume, {
    error: `Give either level, 0 to ${maxVolumePercent}, or change.`,
  }),
  right: 'room',
  effect: 'change',
  async run(by, { askerId, own, session }: WithOwnObjects<RunningTracks>) {
    const tracks = own.sessionTracks.get(session);
    const outcome = tracks.requestCommand(
      tracks.toCaller(askerId),
      voiceTrack,
      toVolumeCommand(by),
    );
    return toOutcome(toOutcomeLine(outcome));
  },
});
