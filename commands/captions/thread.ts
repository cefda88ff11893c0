import { languageOption } from '#commands/language-option.ts';
import { notInChannel } from '#commands/rights.ts';
import type { Command } from '#src/conversation/command.ts';
import type { ThreadOutcome } from '#src/features/captions/caption-outcomes.ts';
import { CaptionRequests } from '#src/features/captions/caption-requests.ts';
import { languageName, languageTag } from '#src/texts/language-names.ts';
import { localeOf, type TextLine } from '#src/texts/texts.ts';

/** Ends the thread of the caller. */
const off = 'off';

export const thread: Command = {
  name: 'thread',
  description: 'command.captions.thread',
  shownTo: 'caller',
  options: [languageOption('language', 'command.captions.thread.language', [off])],
  async run(call, { port, sessions }) {
    const barred = notInChannel(call, sessions);
    if (barred) return [barred];
    const { callerId, callerLocale, guildId, words } = call;
    const typed = words.language?.trim() ?? '';
    const isOff = typed.toLowerCase() === off;
    const language = languageTag(typed === '' ? (callerLocale ?? 'en') : typed);
    if (!isOff && !language)
      return [{ id: 'captions.language.unknown', with: { x: typed }, to: 'caller' }];
    const wanted = isOff ? undefined : language;
    const outcome = await port(CaptionRequests).threadFor(guildId, callerId, wanted);
    const name = languageName(language ?? 'en', localeOf(callerLocale));
    return [{ ...lineOf(outcome, guildId, name), to: 'caller' }];
  },
};

function lineOf(outcome: ThreadOutcome, guildId: string, language: string): TextLine {
  const addressOf = (id: string) => `https://discord.com/channels/${guildId}/${id}`;
  switch (outcome.kind) {
    case 'open':
      return { id: 'captions.own', with: { language, place: addressOf(outcome.placeId) } };
    case 'failed':
      return { id: 'captions.no_thread', with: { place: addressOf(outcome.inChannelId) } };
    case 'barred':
      return { id: 'captions.page.barred', with: { channel: outcome.channel } };
    case 'no-threads':
      return { id: 'captions.own.no_threads' };
    case 'full':
      return { id: 'captions.own.full' };
    case 'no-model':
      return { id: 'captions.own.no_model' };
    case 'ended':
    case 'none':
      return { id: `captions.own.${outcome.kind}` };
    case 'off':
      return { id: 'captions.own.off' };
    case 'nowhere':
      return { id: 'leave.nowhere' };
  }
}
