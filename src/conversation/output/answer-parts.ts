import type { Pcm } from '#src/audio/pcm.ts';
import { BotError } from '#src/base/errors.ts';
import { clausesOf } from '#src/chat/text/clauses.ts';
import { type AsideKind, speakable } from '#src/chat/text/speakable.ts';
import type { SessionContext } from '#src/conversation/session-context.ts';
import type { SessionDependencies } from '#src/conversation/session-dependencies.ts';
import {
  notifyPerson,
  spokenLocale,
  spokenText,
  writeInChat,
  writeToPerson,
  writeUnspeakable,
} from '#src/notices/notice.ts';
import { ConfidentialText } from '#src/people/confidential-text.ts';
import type { SpeechVoice } from '#src/speech/ports.ts';
import { type Reservation, readingRequestOf } from '#src/spending/reservation.ts';
import type { CheckedLine } from '#src/texts/texts.ts';
import { visibleLine } from '#src/texts/visible-line.ts';
import { beginsWithName } from '#src/turn/addressing/names.ts';
import { soundOf } from '#src/voice/output/clause-sound.ts';
import type {
  AnswerProgress,
  ArrivedPart,
  FinishedAnswer,
  PendingAnswer,
} from '#src/voice/output/pending-answer.ts';

/** An answer so far, and the people who may know it. */
type WrittenAnswer = {
  readonly progress: AnswerProgress;
  readonly pending: PendingAnswer;
  /** Person for whom it is written in any case, with a mention. */
  readonly writtenTo: string | undefined;
};

/**
 * Passes the parts of a reply on and writes the whole answer at its end, where a part of it had no sound.
 *
 * Errors: as `parts`, but only once it is written. Aborting `signal` writes nothing.
 */
export async function* writeUnspoken(
  parts: AsyncIterable<ArrivedPart>,
  { pending, progress, writtenTo }: WrittenAnswer,
  context: SessionContext,
  signal: AbortSignal,
): AsyncGenerator<ArrivedPart> {
  let hasSound = false;
  let isUnspoken = false;
  let language: string | undefined;
  const write = () => {
    const text = progress.text.trim();
    if (signal.aborted || text === '') return;
    const words = pending.written(text);
    const { onlyFor: id } = pending;
    if (id !== undefined) writePrivately({ id, name: context.nameOf(id) }, text, context);
    else if (writtenTo !== undefined) writeToPerson(writtenTo, words, context);
    else if (isUnspoken) writeUnspeakable(words, context, language);
    progress.isWritten = writtenTo !== undefined || isUnspoken;
  };
  try {
    for await (const arrived of parts) {
      const { part } = arrived;
      yield arrived;
      hasSound ||= part.kind === 'audio';
      if (part.kind !== 'unspoken') continue;
      isUnspoken = true;
      language = part.language;
    }
  } catch (error) {
    isUnspoken ||= error instanceof BotError && error.stage === 'speak';
    write();
    throw error;
  }
  write();
  if (hasSound && !isUnspoken) context.talk.endFailure('speak');
}

/**
 * An answer, and what a tool found to be quoted: once it did, the model says nothing more, so that its words do not pass for
 * those of another person. Where there is no money to say it, it is written.
 *
 * Errors: as `answer`; of the voice BotError at the stage `speak`. Aborting `signal` throws `signal.reason`.
 */
export async function* endWithToolQuote(
  answer: AsyncIterable<ArrivedPart>,
  pending: PendingAnswer,
  context: SessionContext,
  signal: AbortSignal,
): AsyncGenerator<ArrivedPart> {
  yield* answer;
  const { quote } = pending;
  if (quote === undefined) return;
  const words = quote.text.textIn(context.channel.channelId) ?? '';
  yield { part: { kind: 'text', text: words }, atMs: context.parts.clock.nowMs() };
  if (!pending.isWritten) yield* spoken(words, pending, context, signal);
}

async function* spoken(
  said: string,
  pending: PendingAnswer,
  { channel, parts }: SessionContext,
  signal: AbortSignal,
): AsyncGenerator<ArrivedPart> {
  const { clock, spending } = parts;
  const arrived = (part: ArrivedPart['part']): ArrivedPart => ({ part, atMs: clock.nowMs() });
  const clauses = clausesOf(said);
  const opened = spending.open(readingRequestOf(said, channel.guildId));
  if (opened.kind === 'refused') {
    for (const text of clauses) yield arrived({ kind: 'unspoken', text });
    return;
  }
  using reservation = opened.reservation;
  const synthesizer = parts.synthesizer.paidBy(reservation);
  const voice = {
    synthesizer: synthesizer.oneVoice?.() ?? synthesizer,
    voice: pending.voice,
    clock,
  };
  for (const clause of clauses) {
    yield arrived({ kind: 'clause', text: clause });
    for await (const pcm of soundOf(clause, voice, signal)) {
      yield arrived({ kind: 'audio', pcm, ofText: clause });
    }
  }
}

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

/** A person whom the bot names. */
export type NamedPerson = { readonly id: string; readonly name: string };

/** A person's name as the bot says it: as they have set it for themselves, else as it is shown; empty where that is no word. */
export function spokenNameOf(
  { id, name }: NamedPerson,
  guildId: string,
  { peopleSettings }: SessionDependencies,
): string {
  const { spokenName = name } = peopleSettings.known(guildId, id);
  return speakable(visibleLine(spokenName));
}

/** Voice of an answer, and its money. */
type PaidVoice = { readonly voice: SpeechVoice; readonly reservation: Reservation };

/** A spoken name, which is made while its answer is. */
export type MadeName = { readonly spoken: string; readonly sound: Promise<readonly Pcm[]> };

/** An answer that begins with a name. */
type NamedAnswer = PaidVoice & {
  /** Known once it sounds: its person may have left. */
  readonly addressee: () => NamedPerson | undefined;
  readonly made: MadeName | undefined;
};

/** Begins to make a name; undefined where none is spoken. */
export function makeName(
  spoken: string,
  { reservation, voice }: PaidVoice,
  { parts }: SessionContext,
  signal: AbortSignal,
): MadeName | undefined {
  if (spoken === '') return undefined;
  const synthesizer = parts.synthesizer.paidBy(reservation);
  const sound = Array.fromAsync(synthesizer.synthesize(`${spoken},`, voice, signal));
  sound.catch(() => undefined); // told where the name is said
  return { spoken, sound };
}

/** Name as it is spoken before an answer; empty where none can be spoken. */
export function namePrefix(
  person: NamedPerson | undefined,
  { channel, parts }: SessionContext,
): string {
  return person ? spokenNameOf(person, channel.guildId, parts) : '';
}

/**
 * Puts the name an answer is for in front of its first sound, unless it begins with that by itself.
 *
 * Sound whose words are not known is left as it is: it may say them. A name that cannot be spoken is left out.
 */
export async function* withNamePrefix(
  answer: AsyncIterable<ArrivedPart>,
  named: NamedAnswer,
  context: SessionContext,
  signal: AbortSignal,
): AsyncGenerator<ArrivedPart> {
  let [text, isBegun] = ['', false];
  for await (const arrived of answer) {
    const { part } = arrived;
    if (part.kind === 'text') text += part.text;
    const begins = part.kind === 'audio' && !isBegun;
    if (begins && part.ofText !== undefined) yield* salute(text, named, context, signal);
    isBegun ||= begins;
    yield arrived;
  }
}

async function* salute(
  text: string,
  { addressee, made, reservation, voice }: NamedAnswer,
  context: SessionContext,
  signal: AbortSignal,
): AsyncGenerator<ArrivedPart> {
  const named = addressee();
  const spoken = namePrefix(named, context);
  if (!named || spoken === '' || beginsWithName(text, named.name)) return;
  const shown = speakable(named.name);
  const { clock } = context.parts;
  const isMade = made?.spoken === spoken;
  const name = isMade ? made : makeName(spoken, { reservation, voice }, context, signal);
  const ofText = `${shown === '' ? spoken : shown},`;
  try {
    for (const pcm of (await name?.sound) ?? []) {
      yield { part: { kind: 'audio', pcm, ofText }, atMs: clock.nowMs() };
    }
  } catch (error) {
    if (signal.aborted || !(error instanceof BotError)) throw error;
  }
}

/** Sentences for one person. */
type PersonalNotice = {
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

/** Medium of the answers to a person: aloud; in writing, for all or for them alone, if they chose that; or both, while they are deafened. */
export type AnswerMedium = 'aloud' | 'both' | 'written' | 'private';

export function answerMediumFor(
  personId: string,
  { channel, parts, people }: SessionContext,
): AnswerMedium {
  const { answers = 'spoken' } = parts.peopleSettings.known(channel.guildId, personId);
  if (answers !== 'spoken') return answers;
  return people().some(({ id, isDeaf }) => id === personId && isDeaf) ? 'both' : 'aloud';
}

/**
 * Writes an answer to one person alone, without waiting for it: as a direct message, or, where those are closed, behind a button in the chat
 * of the channel. Their no takes it back.
 */
export function writePrivately(
  { id, name }: NamedPerson,
  words: string,
  context: SessionContext,
): void {
  const { gate, parts, tools } = context;
  const text = new ConfidentialText(words, { onlyFor: id });
  const signal = gate.withdrawals.of(id);
  parts.messages.tell(id, text, signal).catch(() => {
    if (signal.aborted) return;
    const button = tools.confirmations.hold(text, { id, name });
    notifyPerson(id, [{ id: 'voice.answers.held' }], context, signal, [button]);
  });
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
