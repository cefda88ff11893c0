import { z } from 'zod';
import { maxVolumePercent } from '#src/base/volume.ts';
import { tool } from '#src/features/contract/tool-definition.ts';
import { text } from '#src/texts/texts.ts';
import { percentOf, volumeFields } from './change-track-tool.ts';
import { voiceTrack } from './track-names.ts';
import { outcomeText } from './track-outcomes.ts';

/** Changes how loud the bot speaks. */
export const volume = tool({
  name: 'volume',
  description:
    'How loud you speak, in percent: level (100 is usual), or change for louder (20) and quieter (-20). For sounds and music call change_track.',
  schema: z
    .strictObject(volumeFields)
    .refine(({ level, change }) => (level === undefined) !== (change === undefined), {
      error: `Give either level, 0 to ${maxVolumePercent}, or change.`,
    }),
  right: 'room',
  effect: 'change',
  async run({ level, change = 0 }, { context }) {
    const { volumes } = context.mix;
    const percent = percentOf(level ?? volumes.voice + change);
    const { tracks } = context.features.sessions;
    const line = outcomeText(tracks.perform(voiceTrack, { kind: 'volume', percent }));
    return { facts: { outcome: text(line.id, line.with) }, line };
  },
});
