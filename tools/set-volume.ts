import { z } from 'zod';
import { tool } from '#src/session/ports/tool.ts';

const loudest = 200;

/** Makes the bot's own voice louder or quieter. */
export const setVolume = tool({
  name: 'set_volume',
  description:
    'How loud the bot speaks, in percent: 100 is usual, 0 to 200. Give level, or change for louder (20) and quieter (-20).',
  schema: z
    .strictObject({
      level: z.number().int().min(0).max(loudest).optional(),
      change: z.number().int().min(-loudest).max(loudest).optional(),
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
    const n = Math.min(loudest, Math.max(0, wanted));
    volume.set(track, n);
    return { facts: { percent: n }, line: { id: 'track.volume', with: { track, n } } };
  },
});
