import type { AsideKind } from '#src/chat/text/written-passages.ts';
import { ConfidentialText } from '#src/people/confidential-text.ts';
import { type ChannelChat, write } from '#src/session/alerts/report-failure.ts';
import type { FinishedAnswer } from '#src/session/answering/record-answer.ts';
import type { SessionDependencies } from '#src/session/dependencies.ts';
import type { SpeakerLanguages } from '#src/session/languages/speaker-languages.ts';
import { spokenText, writtenText } from '#src/session/localized-text.ts';
import type { QueuedQuestion } from '#src/session/queue/queued-turn.ts';

type SubstituteParts = Pick<SessionDependencies, 'places' | 'spokenLocales'>;

/** What is said in place of what cannot be, to people of a language, or of the server. */
export function spokenSubstitute(
  guildId: string,
  parts: SubstituteParts,
  language?: string,
): Readonly<Record<AsideKind, string>> {
  return {
    link: spokenText({ id: 'aside.link' }, guildId, parts, language),
    code: spokenText({ id: 'aside.code' }, guildId, parts, language),
    table: spokenText({ id: 'aside.table' }, guildId, parts, language),
  };
}

/** Where what is not heard is written. */
type WrittenPartsContext = ChannelChat & {
  readonly parts: SubstituteParts;
  readonly languages: Pick<SpeakerLanguages, 'of'>;
};

/** Writes what of an answer is read, not heard; not for who gets all of it in writing, nor where it was cut off before. */
export function showWrittenParts(
  { said, tell }: QueuedQuestion,
  { reply, progress, finish, knownBy }: FinishedAnswer,
  { channel, languages, parts }: WrittenPartsContext,
): void {
  if (progress.aside === undefined || tell) return;
  const heard = reply.heardText();
  const isTold = Object.values(
    spokenSubstitute(channel.guildId, parts, languages.of(said.speakerId)),
  ).some((words) => heard.includes(words));
  if (!isTold && finish === 'cancelled') return;
  const withheld = writtenText({ id: 'fail.withheld' }, channel.guildId, parts);
  write(new ConfidentialText(progress.aside, knownBy), { channel, parts }, withheld);
}
