import type { MessageCommand, Reply } from '#src/features/contract/command.ts';
import type { ReadingOutcome } from '#src/features/typed/chat-read-aloud.ts';
import { readingReply } from './reading-reply.ts';
import { inChannel } from './rights.ts';

/** Entry in the menu of every message; the bot needs no permission to read messages for it. */
export const readAloud: MessageCommand = {
  label: 'menu.read_aloud',
  shownTo: 'caller',
  run: inChannel(async (call, { features }) => {
    const { callerId: id, callerName: name, guildId, message } = call;
    if (!message || message.text.trim() === '') return [{ id: 'say.empty', to: 'caller' }];
    const { author, authorId, isBot, messageId, text } = message;
    const line = { messageId, isBot, text, author: { id: authorId, name: author } };
    return [replyTo(await features.chatReadAloud.read(guildId, line, { id, name }))];
  }),
};

function replyTo(reading: ReadingOutcome): Reply {
  switch (reading.kind) {
    case 'full':
      return {
        id: 'limit',
        with: { limit: reading.limit, command: '/track remove track:voice item:mine' },
        to: 'caller',
      };
    case 'bot':
    case 'deleted':
    case 'refused':
      return { id: 'read.refused', to: 'caller' };
    default:
      return readingReply(reading);
  }
}
