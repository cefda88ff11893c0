import type { MessageCommand, Reply } from '#src/features/command.ts';
import type { AnnouncementOutcome } from '#src/features/typed/chat-read-aloud.ts';
import { nowhereReply, onlyInChannel } from './command-rights.ts';

/** An entry in the menu of a message, for which the bot needs no permission to read messages. */
export const readAloud: MessageCommand = {
  label: 'menu.read_aloud',
  run: onlyInChannel(async (call, { features }) => {
    const { caller, guildId, message } = call;
    if (!message) return [{ id: 'say.empty' }];
    const reading = await features.chatReadAloud.read(guildId, message, caller);
    return [toAnnouncementReply(reading, '/track remove track:voice item:mine')];
  }),
};

/** Builds the reply. `command` makes room in a full queue. */
export function toAnnouncementReply(
  outcome: AnnouncementOutcome,
  command: string,
): Reply {
  switch (outcome.kind) {
    case 'queued': {
      const { position: n } = outcome;
      return n > 0 ? { id: 'say.queued', with: { n } } : { id: 'say.now' };
    }
    case 'full':
      return { id: 'limit', with: { limit: outcome.limit, command } };
    case 'refused':
      return outcome.line;
    case 'nowhere':
      return nowhereReply;
  }
}
