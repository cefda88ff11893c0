import { z } from 'zod';
import { tool } from '#src/session/ports/tool.ts';

/** Discord takes 2,000; the rest is for what makes a text harmless. */
const longestChars = 1_500;
/** Beside the button, where nothing of it may be clicked. */
const longestPreviewChars = 80;

/** Writes a text into the chat of the voice channel. */
export const postText = tool({
  name: 'post_text',
  description: 'Writes a text into the chat of the voice channel, for everybody there to read.',
  schema: z.strictObject({ text: z.string().trim().min(1).max(longestChars) }),
  right: 'room',
  isDestructive: false,
  effect: 'words',
  doing: 'tool.post',
  ask: ({ text }) => ({ id: 'tool.post.ask', with: { text: preview(text) } }),
  async run({ text }, ports, signal) {
    await ports.post(text, signal);
    return { facts: { posted: 'yes' }, line: { id: 'tool.post.done' } };
  },
});

function preview(text: string): string {
  const unlinked = text.replace(/\S+/g, (word) => (/:\/\/|\w\.\w+\//.test(word) ? '…' : word));
  const plain = unlinked.replace(/\s+/g, ' ');
  return plain.length <= longestPreviewChars ? plain : `${plain.slice(0, longestPreviewChars)}…`;
}
