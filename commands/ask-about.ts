import type { MessageCommand } from '#src/features/contract/command.ts';
import { text } from '#src/texts/texts.ts';
import { longestAskMs, replyTo } from './ask.ts';

/** Entry in the menu of every message; only the caller reads the answer. */
export const askAbout: MessageCommand = {
  label: 'ask.about',
  longestMs: longestAskMs,
  async run(call, { features, sessions }) {
    const { guildId, callerId, callerName, callerLocale, message } = call;
    if (!message) return [{ id: 'say.empty' }];
    const { author, pictures, sounds, text: written } = message;
    const [recording] = sounds;
    const words = written.trim();
    if (words === '' && !recording && pictures.length === 0) return [{ id: 'say.empty' }];
    const about = {
      quoted: words === '' ? undefined : { author, text: words },
      recording,
      sentBy: author,
      pictures: pictures.length === 0 ? undefined : pictures,
    };
    const question = text('ask.about.question', {}, callerLocale);
    const asker = { id: callerId, name: callerName };
    const asking = await features.typed.ask(guildId, question, asker, 'text', about);
    return await replyTo(asking, call, 'caller', sessions);
  },
};
