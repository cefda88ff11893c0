import { z } from 'zod';
import { tool } from '#src/session/ports/tool.ts';

/** Longest memory, in characters. */
const longestChars = 200;

/** Stores a memory for the server, once the person it is about has confirmed it. */
export const remember = tool({
  name: 'remember',
  description:
    'Remembers something about whoever asks, or about one other person in the channel, for everybody in this server. Only if they ask to have it remembered. Waits for a button first.',
  schema: z.strictObject({
    text: z
      .string()
      .trim()
      .min(1)
      .max(longestChars)
      .describe('One sentence, in the words of whoever asks.'),
    about: z
      .string()
      .trim()
      .min(1)
      .max(64)
      .optional()
      .describe(
        'Name of the person it is about, always given where that is not whoever asks, also if they are not here.',
      ),
  }),
  right: 'room',
  isDestructive: true,
  needsOwnWords: true,
  setting: 'memory',
  effect: 'change',
  doing: 'memory.remember.doing',
  prepare: (draft, { memories }, signal) => memories.remember(draft, signal),
});
