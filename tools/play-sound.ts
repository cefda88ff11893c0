import { z } from 'zod';
import { type SoundRequest, tool } from '#src/session/ports/tool.ts';
import { mostTrackNameUnits } from '#src/session/tracks/track-names.ts';
import { text } from '#src/texts/texts.ts';

/** Plays a sound of the library on a track; where several fit, it asks which. */
export const playSound = tool<SoundRequest>({
  name: 'play_sound',
  description:
    'Plays a sound or music that lies on this machine, by its name or title, say rain. Never a link. Where several fit, whoever asks is asked which: add nothing to that.',
  schema: z.strictObject({
    sound: z
      .string()
      .trim()
      .min(1)
      .max(100)
      .refine((words) => !/:\/\/|\w\.\w+\//.test(words), { error: 'Links are not played.' })
      .describe('What they call it, in their own words.'),
    track: z.string().max(mostTrackNameUnits).optional().describe('Only where they name one.'),
    loop: z.boolean().optional().describe('Again and again.'),
    next: z.boolean().optional().describe('Before all that wait.'),
  }),
  right: 'room',
  isDestructive: false,
  effect: 'change',
  doing: 'tool.play',
  ask: ({ sound }) => ({ id: 'tool.play.ask', with: { sound } }),
  answered: (words, { tracks }) => tracks.chosen(words),
  async run(request, { tracks }, signal) {
    const { line, isHeard, question } = await tracks.play(request, signal);
    const facts = { outcome: text(line.id, line.with) };
    return { facts, line, isPlain: isHeard, ...(question && { quote: question }) };
  },
});
