import type { MessageCommand } from '#src/features/command.ts';
import { onlyInChannel } from './command-rights.ts';
import { toReadingReply } from './reading-reply.ts';

/** The bot needs no permission to read messages for it. */
export const readAloud: MessageCommand = {
  label: 'menu.read_aloud',
  run: onlyInChannel(async (call, { features }) => {
    const { callerId: id, callerName: name, guildId, message } = call;
    if (!message || message.text.trim() === '') return [{ id: 'say.empty' }];
    const line = { ...message, author: { id: message.authorId, name: message.author } };
    const reading = await features.chatReadAloud.read(guildId, line, { id, name });
    return [toReadingReply(reading, '/track remove track:voice item:mine')];
  }),
};
