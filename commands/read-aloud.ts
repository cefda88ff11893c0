import type { CommandCall, MessageCommand, Reply } from '#src/features/command.ts';
import { voiceTrack } from '#src/features/tracks/track-names.ts';
import type { AnnouncementOutcome } from '#src/features/typed/chat-read-aloud.ts';
import { formatText } from '#src/texts/texts.ts';
import { nowhereReply, onlyInChannel } from './command-rights.ts';

/** An entry in the menu of a message, for which the bot needs no permission to read messages. */
export const readAloud: MessageCommand = {
  label: 'menu.read_aloud',
  run: onlyInChannel(async (call, { features }) => {
    const { caller, guildId, message } = call;
    if (!message) return [{ id: 'say.empty' }];
    const reading = await features.chatReadAloud.read(guildId, message, caller);
    return [toAnnouncementReply(reading, call)];
  }),
};

/** Builds the reply. A full queue is shown by a command, named as the caller's Discord names it. */
export function toAnnouncementReply(
  outcome: AnnouncementOutcome,
  { caller }: CommandCall,
): Reply {
  switch (outcome.kind) {
    case 'queued': {
      const { position: n } = outcome;
      return n > 0 ? { id: 'say.queued', with: { n } } : { id: 'say.now' };
    }
    case 'full': {
      const trackOption = formatText('option.track', {}, caller.locale);
      const command = `/track queue ${trackOption}:${voiceTrack}`;
      return { id: 'limit', with: { limit: outcome.limit, command } };
    }
    case 'refused':
      return outcome.line;
    case 'nowhere':
      return nowhereReply;
  }
}
