import { z } from 'zod';
import { tool } from '#src/session/ports/tool.ts';

/** Searches the captions of the channel; the bot quotes the lines itself. */
export const findInCaptions = tool({
  name: 'find_in_captions',
  description:
    'Looks up what people said in this voice channel, now or in earlier sessions, as captions have it. Call it whenever somebody asks ' +
    'what was said, decided or promised. The lines found are quoted aloud for you: add nothing to them.',
  schema: z.strictObject({
    question: z.string().min(1).max(300).describe('The whole question, as it was asked.'),
    about: z
      .string()
      .regex(/^(?:this|last|all|\d{4}-\d{2}-\d{2})$/)
      .describe(
        '`this` session, the `last` one, `all`, or a day as 2026-11-20. If nobody says when: all.',
      ),
  }),
  right: 'anyone',
  isDestructive: false,
  effect: 'none',
  doing: 'tool.captions',
  needs: 'transcripts',
  async run({ question, about }, ports, signal) {
    const { lines, quote } = await ports.findInCaptions(question, about, signal);
    return { facts: { linesQuoted: lines }, quote };
  },
});
