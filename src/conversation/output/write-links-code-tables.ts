import type { AsideKind } from '#src/chat/text/written-passages.ts';
import type { SessionContext } from '#src/conversation/session-context.ts';
import type { SessionDependencies } from '#src/conversation/session-dependencies.ts';
import { spokenText } from '#src/notices/localized-text.ts';
import { writeInChat } from '#src/notices/say-or-write.ts';
import { ConfidentialText } from '#src/people/confidential-text.ts';
import type { FinishedAnswer } from '#src/voice/output/play-answer.ts';

/** Sentences that are said in place of parts without sound, in a language, or in that of the server. */
export function spokenSubstitute(
  guildId: string,
  parts: SessionDependencies,
  language?: string,
): Readonly<Record<AsideKind, string>> {
  const words = spokenText({ id: 'aside.chat' }, guildId, parts, language);
  return { link: words, code: words, table: words };
}

/** Writes what of an answer is read, not heard; not for who gets all of it in writing, nor where it was cut off before. */
export function writeLinksCodeTables(
  speakerId: string,
  { reply, progress, finish, owner }: FinishedAnswer,
  { channel, languages, parts }: SessionContext,
): void {
  if (progress.aside === undefined) return;
  const heard = reply.heardText();
  const isReported = Object.values(
    spokenSubstitute(channel.guildId, parts, languages.of(speakerId)),
  ).some((words) => heard.includes(words));
  if (!isReported && finish === 'cancelled') return;
  writeInChat(new ConfidentialText(progress.aside, owner), channel, parts);
}
