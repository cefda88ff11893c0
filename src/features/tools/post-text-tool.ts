import { z } from 'zod';
import { tool } from '#src/features/contract/tool-definition.ts';
import { cut } from '#src/texts/plain.ts';
import { longestShownChars } from './shown-call.ts';

/** Longest text, in characters: Discord allows 2,000, and escaping takes the rest. */
const longestChars = 1_500;

/** Writes a text into the chat of the voice channel. */
export const postText = tool({
  name: 'post_text',
  description: 'Writes a text into the chat of the voice channel, for everybody there to read.',
  schema: z.strictObject({ text: z.string().trim().min(1).max(longestChars) }),
  right: 'room',
  effect: 'last',
  ask: ({ text }) => ({ id: 'tool.post.ask', with: { text: cut(text, longestShownChars) } }),
  files: ({ text }) => (text.length > longestShownChars ? [{ name: 'text.txt', text }] : []),
  async run({ text }, ports, signal) {
    await ports.post(text, signal);
    return { facts: { posted: 'yes' }, line: { id: 'confirm.done' } };
  },
});
