import { z } from 'zod';
import { maxVolumePercent } from '#src/base/volume.ts';
import { tool } from '#src/session/ports/tool.ts';

/** Makes the bot's own voice louder or quieter. */
export const setVolume = tool({
  name: 'set_volume',
  description: `How loud the bot speaks, in percent: 100 is usual, 0 to ${maxVolumePercent}. Give level, or change for louder (20) and quieter (-20).`,
  schema: z
    .strictObject({
      level: z.number().int().min(0).max(maxVolumePercent).optional(),
      change: z.number().int().min(-maxVolumePercent).max(maxVolumePercent).optional(),
    })
    .refine(({ level, change }) => (level === undefined) !== (change === undefined), {
      error: 'Give either level or change.',
    }),
  right: 'room',
  isDestructive: false,
  effect: 'change',
  doing: 'tool.volume',
  ask: () => ({ id: 'tool.volume.ask' }),
  async run({ level, change = 0 }, { volume }) {
    const track = 'voice';
    const wanted = level ?? volume.of(track) + change;
    const n = Math.min(maxVolumePercent, Math.max(0, wanted));
    volume.set(track, n);
    return { facts: { percent: n }, line: { id: 'track.volume', with: { track, n } } };
  },
});
