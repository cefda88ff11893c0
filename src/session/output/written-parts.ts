import type { AsideKind } from '#src/chat/text/written-passages.ts';
import { type ChannelChat, write } from '#src/session/alerts/report-failure.ts';
import type { FinishedAnswer } from '#src/session/answering/record-answer.ts';
import type { SessionDependencies } from '#src/session/dependencies.ts';
import { spokenText } from '#src/session/localized-text.ts';
import type { QueuedQuestion } from '#src/session/queue/queued-turn.ts';

type SubstituteParts = Pick<SessionDependencies, 'places' | 'spokenLocales'>;

/** What is said in place of what cannot be, in the language of the channel. */
export function spokenSubstitute(
  guildId: string,
  parts: SubstituteParts,
): Readonly<Record<AsideKind, string>> {
  return {
    link: spokenText({ id: 'aside.link' }, guildId, parts),
    code: spokenText({ id: 'aside.code' }, guildId, parts),
    table: spokenText({ id: 'aside.table' }, guildId, parts),
  };
}

/** Writes what of an answer is read, not heard; not for who gets all of it in writing, nor where it was cut off before. */
export function showWrittenParts(
  { tell }: QueuedQuestion,
  { reply, progress, finish }: FinishedAnswer,
  { channel, parts }: ChannelChat & { readonly parts: SubstituteParts },
): void {
  if (progress.aside === undefined || tell) return;
  const heard = reply.heardText();
  const isTold = Object.values(spokenSubstitute(channel.guildId, parts)).some((words) =>
    heard.includes(words),
  );
  if (isTold || finish !== 'cancelled') write(progress.aside, { channel, parts });
}
