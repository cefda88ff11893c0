import { z } from 'zod';
import {
  defineTool,
  type FeatureTool,
} from '#src/features/contract/tool-definition.ts';
import { Owned } from '#src/people/owned.ts';
import { truncate } from '#src/texts/plain-text.ts';
import { maxShownChars } from './shown-call.ts';

/** Discord allows 2,000 characters, and escaping takes the rest: https://discord.com/developers/docs/resources/message */
const maxPostChars = 1_500;

/** Posts a text of the model into the chat of the voice channel. */
export const postTextTool: FeatureTool = defineTool({
  name: 'post_text',
  description:
    'Writes a text into the chat of the voice channel, for everybody there to read.',
  schema: z.strictObject({ text: z.string().trim().min(1).max(maxPostChars) }),
  right: 'room',
  act: { writes: 'message', noticedBy: 'everybody', undoneBy: 'manager' },
  ask: ({ text }) => ({
    id: 'tool.post.ask',
    with: { text: truncate(text, maxShownChars) },
  }),
  files: ({ text }) =>
    text.length > maxShownChars ? [{ name: 'text.txt', text }] : [],
  async run({ text }, { channel, session }, _own, signal) {
    const { channelId } = session.voiceChannel.channel;
    await channel.post(new Owned(text, { channelId }), signal);
    return { facts: { posted: 'yes' }, line: { id: 'confirm.done' } };
  },
});
