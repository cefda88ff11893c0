import { speakable } from '#src/chat/text/speakable.ts';
import type { SessionContext } from '#src/conversation/session-context.ts';
import { spokenLocale, spokenText } from '#src/notices/localized-text.ts';
import type { CheckedLine } from '#src/texts/texts.ts';
import { type NamedPerson, spokenNameOf } from './answer-parts.ts';

/** Sentences for one person. */
export type PersonalNotice = {
  readonly personId: string;
  /** Made when they are said. */
  readonly lines: () => readonly CheckedLine[];
  /** Asked when they are said. */
  readonly isWanted: () => boolean;
};

/** Longest wait for a pause, in ms: what is said later is not expected any more. */
const longestPauseWaitMs = 60_000;

/**
 * Says something to one person at the next pause, by name and in their language, if they sit there then, can hear it, did not choose
 * written answers, and agreed to be heard.
 *
 * False: nothing of it was heard; it was not said, or not in time. Never throws.
 */
export async function sayToPerson(
  { personId, lines, isWanted }: PersonalNotice,
  context: SessionContext,
): Promise<boolean> {
  const { channel, gate, parts, people, queue } = context;
  const listener = () => {
    const isHeardBy =
      gate.standing(personId) === 'yes' && answerMediumFor(personId, context) === 'aloud';
    return isHeardBy ? people().find(({ id }) => id === personId) : undefined;
  };
  if (!listener()) return false;
  await parts.peopleSettings.load(channel.guildId, personId); // how their name is said
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const language = spokenLocale(channel.guildId, parts, context.languages.of(personId));
  const isWaiting = queue.put({
    language,
    personId,
    longestWaitMs: longestPauseWaitMs,
    words: () => {
      const person = listener();
      return !person || !isWanted() ? '' : addressed(person, { lines: lines(), language }, context);
    },
    ended: resolve,
  });
  return isWaiting && (await promise);
}

/** These sentences with the name before them; empty where none of them can be spoken. */
function addressed(
  person: NamedPerson,
  { lines, language }: { readonly lines: readonly CheckedLine[]; readonly language: string },
  { channel, parts }: SessionContext,
): string {
  const spoken = (line: CheckedLine) => spokenText(line, channel.guildId, parts, language);
  const text = lines
    .map((line) => speakable(spoken(line)))
    .filter((line) => line !== '')
    .join(' ');
  const called = spokenNameOf(person, channel.guildId, parts);
  if (called === '' || text === '') return text;
  return spoken({ id: 'said.to', with: { name: called, text } });
}

/** Medium of the answers to a person: aloud; in writing, if they chose that; or both, while they are deafened and hear nothing. */
export type AnswerMedium = 'aloud' | 'both' | 'written';

export function answerMediumFor(
  personId: string,
  { channel, parts, people }: SessionContext,
): AnswerMedium {
  if (parts.peopleSettings.known(channel.guildId, personId).answers === 'written') return 'written';
  return people().some(({ id, isDeaf }) => id === personId && isDeaf) ? 'both' : 'aloud';
}

/** Longest wait for a pause, in ms, in which a spoken request is confirmed. */
const longestReceiptMs = 10_000;

/** Hears nobody from the next packet on, and tells how that ends: aloud once it is quiet, and in the chat. */
export function pauseAloud(personId: string, context: SessionContext): void {
  const { channel, gate, languages, notice, parts, queue } = context;
  gate.paused = true;
  const line = { id: 'privacy.paused' } as const;
  notice(line);
  const language = spokenLocale(channel.guildId, parts, languages.of(personId));
  queue.put({
    language,
    longestWaitMs: longestReceiptMs,
    words: () => spokenText(line, channel.guildId, parts, language),
    ended: () => undefined,
  });
}
