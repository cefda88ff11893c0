import { speakable } from '#src/chat/text/speakable.ts';
import type { SessionContext } from '#src/conversation/session-context.ts';
import { spokenLocale, spokenText } from '#src/notices/localized-text.ts';
import type { ChannelMember } from '#src/ports/voice-link.ts';
import { greetingRules } from '#src/turn/greeting.ts';
import { hasUnasked } from './consent-undecided-people.ts';

/** Greets aloud and once, and says whom the bot hears: for people who did not call it and so have read nothing of it. */
export function greetOnArrival(
  context: SessionContext,
  people: readonly ChannelMember[],
  callerId: string,
): void {
  const { channel, isFirst, maySpeak, parts, queue, settings } = context;
  const isOther = ({ id, isBot }: ChannelMember) => !isBot && id !== callerId;
  if (!maySpeak() || !isFirst('greeted') || !people.some(isOther)) return;
  const { language } = settings();
  const { listenFirstMs, tooLateMs } = greetingRules;
  queue.put({
    language: spokenLocale(channel.guildId, parts, language),
    longestWaitMs: tooLateMs,
    greetingAfterMs: listenFirstMs,
    words: () =>
      speakable(spokenText({ id: greetingOf(context) }, channel.guildId, parts, language)),
    ended: () => undefined,
  });
}

function greetingOf(context: SessionContext) {
  if (context.settings().consent.policy === 'notice') return 'join.spoken.notice';
  return hasUnasked(context) ? 'join.spoken' : 'join.spoken.heard';
}
