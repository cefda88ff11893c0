import type { MessageCommand } from '#src/features/command.ts';
import { formatText } from '#src/texts/texts.ts';
import { maxAskMs, toAskReply } from './ask.ts';

export const askAbout: MessageCommand = {
  label: 'ask.about',
  longestMs: maxAskMs,
  async run(call, { features, sessions }) {
    const { guildId, callerId, callerName, callerLocale, message } = call;
    if (!message) return [{ id: 'say.empty' }];
    const { author, isForwarded, pictures, recording } = message;
    const words = message.text.trim();
    if (words === '' && !recording && !pictures) return [{ id: 'say.empty' }];
    const quoted = words === '' ? undefined : { author, text: words, isForwarded };
    const about = { quoted, recording, sentBy: author, pictures };
    const question = formatText('ask.about.question', {}, callerLocale);
    const asker = { id: callerId, name: callerName };
    const asking = await features.typed.askQuestion(
      guildId,
      question,
      asker,
      'text',
      about,
    );
    return await toAskReply(asking, call, 'caller', sessions);
  },
};
