import { z } from 'zod';
import { tool } from '#src/features/contract/tool-definition.ts';
import { cut } from '#src/texts/plain.ts';
import { escapeInvisible } from './escape-invisible.ts';

/** Longest text, in characters: Discord allows 2,000, and escaping takes the rest. */
const longestChars = 1_500;
/** Longest text beside the button, in characters, without links; a longer text shows its beginning, and a file shows all of it. */
const longestShownChars = 700;
const longestBeginningChars = 80;
const fileName = 'text.txt';

/** Writes a text into the chat of the voice channel. */
export const postText = tool({
  name: 'post_text',
  description: 'Writes a text into the chat of the voice channel, for everybody there to read.',
  schema: z.strictObject({ text: z.string().trim().min(1).max(longestChars) }),
  right: 'room',
  effect: 'last',
  ask: ({ text }) => ({
    id: 'tool.external.ask',
    with: {
      tool: 'post text',
      given: isShown(text) ? text : `${fileName} (${text.length}): ${beginning(text)}`,
    },
  }),
  files: ({ text }) => (isShown(text) ? [] : [{ name: fileName, text: escapeInvisible(text) }]),
  async run({ text }, ports, signal) {
    await ports.post(text, signal);
    return { facts: { posted: 'yes' }, line: { id: 'confirm.done' } };
  },
});

/** Whether the sentence beside the button shows all of it. */
function isShown(text: string): boolean {
  return text.length <= longestShownChars && escapeInvisible(unlinked(text)) === text;
}

function beginning(text: string): string {
  return cut(escapeInvisible(unlinked(text)), longestBeginningChars);
}

/** On one line, without addresses. */
function unlinked(text: string): string {
  const words = text.replace(/\S+/g, (word) => (/:\/\/|\w\.\w+\//.test(word) ? '\u2026' : word));
  return words.replace(/\s+/g, ' ');
}
