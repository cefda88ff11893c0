import type { Pcm } from '#src/audio/pcm.ts';
import { BotError } from '#src/base/errors.ts';
import type { PersonId } from '#src/base/ids.ts';
import { splitClauses } from '#src/chat/text/clause-splitter.ts';
import { toSpeakable } from '#src/chat/text/speakable.ts';
import type { SessionConsent } from '#src/conversation/consent/session-consent.ts';
import type { ConversationLoop } from '#src/conversation/conversation-loop.ts';
import type {
  NamedPerson,
  Session,
  SessionChannel,
} from '#src/conversation/session.ts';
import type { Deps } from '#src/conversation/session-dependencies.ts';
import {
  type ChannelNotices,
  writeUnspeakableWords,
} from '#src/notices/channel-notices.ts';
import { type Owned, toOpenText } from '#src/people/owned.ts';
import type { ChannelRef } from '#src/ports/voice-link.ts';
import type { SpeechVoice } from '#src/speech/speech-engine.ts';
import { type Reservation, toAnnouncementRequest } from '#src/spending/reservation.ts';
import { getLanguageName } from '#src/texts/language-names.ts';
import { toVisibleLine } from '#src/texts/plain-text.ts';
import { findLocale, formatText } from '#src/texts/texts.ts';
import { beginsWithName } from '#src/turn/addressing/names.ts';
import type { Mouth } from './mouth.ts';
import type {
  AnswerProgress,
  ArrivedPart,
  FinishedAnswer,
  PendingAnswer,
} from './pending-answer.ts';
import { synthesizeClause } from './speech-output.ts';

/** Objects that speaking needs beside a session. */
export type VoiceDeps = Deps<'clock' | 'spending' | 'synthesizer'>;

/** Notes in `progress` which parts of a reply had no sound, and passes the parts on. Errors: as `arrivedParts`. */
export async function* noteUnspoken(
  arrivedParts: AsyncIterable<ArrivedPart>,
  progress: AnswerProgress,
  { loop }: { readonly loop: ConversationLoop },
): AsyncGenerator<ArrivedPart> {
  let hasSound = false;
  try {
    for await (const arrived of arrivedParts) {
      const { part } = arrived;
      yield arrived;
      hasSound ||= part.kind === 'audio';
      if (part.kind !== 'unspoken') continue;
      progress.missingLanguage ??= part.language;
      if (part.language === undefined) progress.unspoken = 'failed';
      progress.unspoken ??= 'voiceless';
    }
  } catch (error) {
    if (error instanceof BotError && error.stage === 'speak')
      progress.unspoken = 'failed';
    throw error;
  }
  if (hasSound && progress.unspoken !== 'failed') loop.endFailure('speak');
}

/**
 * Says before the rest of an answer that a tool failed, and why. Errors: as `answer`, and of the voice a BotError at the
 * stage `speak`.
 */
export async function* tellToolFailures(
  answer: AsyncIterable<ArrivedPart>,
  pending: Pick<PendingAnswer, 'isWritten' | 'language' | 'takeFailures' | 'voice'>,
  {
    notices,
    voiceChannel,
  }: {
    readonly notices: ChannelNotices;
    readonly voiceChannel: SessionChannel;
  },
  deps: VoiceDeps,
  signal: AbortSignal,
): AsyncGenerator<ArrivedPart> {
  const { channel } = voiceChannel;
  async function* tellFailures() {
    for (const line of pending.takeFailures()) {
      const text = toSpeakable(notices.formatSpokenText(line, pending.language));
      yield {
        part: { kind: 'text', text: `${text} ` },
        atMs: deps.clock.nowMs(),
      } as const;
      if (!pending.isWritten)
        yield* speakQuote(toOpenText(text), pending.voice, channel, deps, signal);
    }
  }
  for await (const arrived of answer) {
    const { kind } = arrived.part;
    if (kind === 'text' || kind === 'audio') yield* tellFailures();
    yield arrived;
  }
  yield* tellFailures();
}

/**
 * Passes an answer on, and then the quote that a tool found. Errors: as `answer`, and of the voice a BotError at
 * the stage `speak`.
 */
export async function* endWithToolQuote(
  answer: AsyncIterable<ArrivedPart>,
  pending: Pick<PendingAnswer, 'isWritten' | 'quote' | 'voice'>,
  channel: ChannelRef,
  deps: VoiceDeps,
  signal: AbortSignal,
): AsyncGenerator<ArrivedPart> {
  // The quote ends the answer, so that the model's words do not pass for those of another person.
  yield* answer;
  const { quote } = pending;
  if (quote === undefined) return;
  const text = quote.text.findForPlace(channel.channelId) ?? '';
  yield { part: { kind: 'text', text }, atMs: deps.clock.nowMs() };
  if (!pending.isWritten)
    yield* speakQuote(quote.text, pending.voice, channel, deps, signal);
}

async function* speakQuote(
  quote: Owned<string>,
  voice: SpeechVoice,
  { channelId, guildId }: ChannelRef,
  { clock, spending, synthesizer: unpaid }: VoiceDeps,
  signal: AbortSignal,
) {
  const quotedText = quote.findForPlace(channelId) ?? '';
  const toArrivedPart = (part: ArrivedPart['part']) => ({
    part,
    atMs: clock.nowMs(),
  });
  const clauses = splitClauses(quotedText);
  const opened = spending.open(toAnnouncementRequest(quotedText, guildId));
  if (opened.kind === 'refused') {
    for (const text of clauses) yield toArrivedPart({ kind: 'unspoken', text });
    return;
  }
  using reservation = opened.reservation;
  const synthesizer = unpaid.withReservation(reservation);
  const output = {
    synthesizer: synthesizer.fixEngine?.() ?? synthesizer,
    voice,
  };
  for (const clause of clauses) {
    // Words may be erased while earlier ones are said.
    if (quote.isErased) return;
    yield toArrivedPart({ kind: 'clause', text: clause });
    for await (const pcm of synthesizeClause(clause, output, signal)) {
      yield toArrivedPart({ kind: 'audio', pcm, ofText: clause });
    }
  }
}

/**
 * Writes links, code and tables of a spoken answer into the chat, if their
 * notice was heard.
 */
export function writeAside(
  speakerId: PersonId,
  { reply, progress, finish, pending }: FinishedAnswer,
  {
    notices,
    voiceChannel,
  }: { readonly notices: ChannelNotices; readonly voiceChannel: SessionChannel },
): void {
  // Not beside an answer that is all in writing, nor for a part after its cut.
  if (progress.aside === undefined) return;
  const language = voiceChannel.languages.find(speakerId);
  const notice = notices.formatSpokenText({ id: 'aside.chat' }, language);
  const isReported = reply.getHeardText().includes(notice);
  if (!isReported && finish === 'cancelled') return;
  notices.writeWords(pending.toOwnedText(progress.aside));
}

/**
 * Gets a person's own spoken name, else the display name. Empty where that is no word.
 *
 * @example
 * import { toPersonId } from '#src/base/ids.ts';
 * import { getSpokenName } from '#src/conversation/mouth/answer-delivery.ts';
 *
 * const place = { getChoices: () => ({ spokenName: 'Ana Maria' }) };
 * getSpokenName({ id: toPersonId('1'), name: '~ana~' }, place); // 'Ana Maria'
 */
export function getSpokenName(
  { id, name }: NamedPerson,
  voiceChannel: Pick<SessionChannel, 'getChoices'>,
): string {
  const { spokenName = name } = voiceChannel.getChoices(id);
  return toSpeakable(toVisibleLine(spokenName));
}

type PaidVoice = { readonly voice: SpeechVoice; readonly reservation: Reservation };

/** The sound of an asker's name, made before the answer begins. */
export type MadeName = {
  readonly spoken: string;
  readonly sound: Promise<readonly Pcm[]>;
};

type NamedAnswer = PaidVoice & {
  /** Finds the person to name. Undefined if the person has gone. */
  readonly findAsker: () => NamedPerson | undefined;
  readonly made: MadeName | undefined;
};

/** Begins to make the sound of a name. Undefined for an empty name. */
export function synthesizeName(
  spoken: string,
  { reservation, voice }: PaidVoice,
  unpaidSynthesizer: VoiceDeps['synthesizer'],
  signal: AbortSignal,
): MadeName | undefined {
  if (spoken === '') return undefined;
  const synthesizer = unpaidSynthesizer.withReservation(reservation);
  // A name belongs to no language.
  const anyVoice = { ...voice, language: undefined, isLanguageDeclared: true } as const;
  const sound = Array.fromAsync(synthesizer.synthesize(`${spoken},`, anyVoice, signal));
  sound.catch(() => undefined); // Reported where the name is said.
  return { spoken, sound };
}

/** Gets the spoken name to put before an answer. Empty if nobody is to be named. */
export function getNamePrefix(
  person: NamedPerson | undefined,
  voiceChannel: SessionChannel,
): string {
  return person ? getSpokenName(person, voiceChannel) : '';
}

/** Says the asker's name before an answer, unless the answer begins with it. */
export async function* addNamePrefix(
  answer: AsyncIterable<ArrivedPart>,
  named: NamedAnswer,
  voiceChannel: SessionChannel,
  deps: VoiceDeps,
  signal: AbortSignal,
): AsyncGenerator<ArrivedPart> {
  // Sound without known words may say the name itself.
  let [text, isBegun] = ['', false];
  for await (const arrived of answer) {
    const { part } = arrived;
    if (part.kind === 'text') text += part.text;
    const begins = part.kind === 'audio' && !isBegun;
    if (begins && part.ofText !== undefined)
      yield* speakName(text, named, voiceChannel, deps, signal);
    isBegun ||= begins;
    yield arrived;
  }
}

async function* speakName(
  text: string,
  { findAsker, made, ...paid }: NamedAnswer,
  voiceChannel: SessionChannel,
  { clock, synthesizer }: VoiceDeps,
  signal: AbortSignal,
): AsyncGenerator<ArrivedPart> {
  const asker = findAsker();
  const spoken = getNamePrefix(asker, voiceChannel);
  if (!asker || spoken === '' || beginsWithName(text, asker.name)) return;
  const displayName = toSpeakable(asker.name);
  const isMade = made?.spoken === spoken;
  const name = isMade ? made : synthesizeName(spoken, paid, synthesizer, signal);
  const ofText = `${displayName === '' ? spoken : displayName},`;
  try {
    for (const pcm of (await name?.sound) ?? []) {
      yield { part: { kind: 'audio', pcm, ofText }, atMs: clock.nowMs() };
    }
  } catch (error) {
    if (signal.aborted || !(error instanceof BotError)) throw error;
  }
}

/** How an answer reaches its asker. `private`: in writing, for the asker alone. `both`: while the asker is deafened. */
export type AnswerMedium = 'aloud' | 'both' | 'written' | 'private';

/** Gets the way in which a person gets answers, by the person's own choice. */
export function getAnswerMedium(
  personId: PersonId,
  voiceChannel: Pick<SessionChannel, 'getChoices' | 'findPerson'>,
): AnswerMedium {
  const { answers = 'spoken' } = voiceChannel.getChoices(personId);
  if (answers !== 'spoken') return answers;
  return voiceChannel.findPerson(personId)?.isDeaf ? 'both' : 'aloud';
}

type PrivateWriting = {
  readonly consent: SessionConsent;
  readonly notices: ChannelNotices;
  readonly tools: Session['tools'];
};

/** Writes an answer to one person as a direct message. Never throws. */
export async function writePrivately(
  { id, name }: NamedPerson,
  text: Owned<string>,
  { consent, notices, tools }: PrivateWriting,
): Promise<void> {
  // Where direct messages are closed, the answer waits behind a button.
  const signal = consent.withdrawals.getSignal(id);
  const isReadable = await text.findForPerson(id, (channelId) =>
    notices.mayTellPerson(id, channelId),
  );
  if (isReadable === undefined || signal.aborted) return;
  try {
    await notices.tellPerson(id, text, signal);
  } catch {
    if (signal.aborted) return;
    const button = tools.confirmations.holdAnswer(text, { id, name });
    notices.notifyPerson(id, [{ id: 'voice.answers.held' }], signal, [button]);
  }
}

/** The one place in which an answer stands in writing. */
type WrittenPlace = 'private' | 'reply' | 'mention' | 'chat';

type WrittenAnswer = {
  readonly askerId: PersonId;
  readonly progress: AnswerProgress;
  readonly pending: Pick<
    PendingAnswer,
    'isTold' | 'isWritten' | 'language' | 'onlyFor' | 'toOwnedText'
  >;
  /** The answer stands in the reply to a typed question. */
  readonly isReplied: boolean;
  /** Person who gets the answer in writing, with a mention. Undefined: nobody. */
  readonly readerId: PersonId | undefined;
};

type WritingSession = {
  readonly consent: SessionConsent;
  readonly loop: ConversationLoop;
  readonly notices: ChannelNotices;
  readonly mouth: Mouth;
  readonly tools: Session['tools'];
  readonly voiceChannel: SessionChannel;
};

/** Chooses where an answer is written. Undefined: nowhere, since it was said, or the chat was told its words by a change. */
function choosePlace({
  isReplied,
  pending,
  progress,
  readerId,
}: WrittenAnswer): WrittenPlace | undefined {
  if (pending.onlyFor !== undefined) return 'private';
  if (isReplied) return 'reply';
  if (pending.isTold(progress.text)) return undefined;
  if (readerId !== undefined) return 'mention';
  return progress.unspoken ? 'chat' : undefined;
}

/**
 * Writes an answer in one place, unless it stands in writing or was said: whole and once, also where only a part of it
 * had no sound. Why it had none is told apart from it. Nothing else writes an answer of a conversation.
 */
export function writeAnswerOnce(answer: WrittenAnswer, session: WritingSession): void {
  const { askerId, pending, progress, readerId } = answer;
  const { missingLanguage, unspoken } = progress;
  const text = progress.text.trim();
  if (text === '' || progress.isWritten) return;
  if (missingLanguage !== undefined)
    tellMissingVoice(missingLanguage, askerId, session, pending.language);
  const place = choosePlace(answer);
  writeInPlace(place, pending.toOwnedText(text), answer, session);
  progress.isMessage = place !== undefined || pending.isTold(text);
  progress.isWritten =
    readerId !== undefined || unspoken !== undefined || pending.isWritten;
}

function writeInPlace(
  place: WrittenPlace | undefined,
  words: Owned<string>,
  { askerId, pending, progress, readerId }: WrittenAnswer,
  session: WritingSession,
) {
  const { loop, notices, voiceChannel } = session;
  const hasFailed = progress.unspoken === 'failed';
  if (place === 'private') {
    const id = pending.onlyFor ?? askerId;
    void writePrivately({ id, name: voiceChannel.getName(id) }, words, session);
  }
  if (place === 'mention') notices.writeWords(words, readerId);
  if (place === 'chat' && hasFailed) writeUnspeakableWords(words, session);
  if (place === 'chat' && !hasFailed) notices.writeWords(words);
  // The reply has the words already, so only the reason is news.
  if (place === 'reply' && hasFailed && loop.beginFailure('speak'))
    notices.post({ id: 'fail.tts' });
}

const maxNoticeWaitMs = 60_000;

/**
 * Tells a person once a session that no voice speaks a language, and the way out: in writing in the person's language,
 * and aloud in one that the voice speaks. `personId` is absent for a text to everybody. `personLanguage` is the one of
 * the answer, as typed words show a language for one answer only.
 */
export function tellMissingVoice(
  language: string,
  personId: PersonId | undefined,
  {
    loop,
    notices,
    mouth,
    voiceChannel,
  }: {
    readonly loop: ConversationLoop;
    readonly notices: ChannelNotices;
    readonly mouth: Mouth;
    readonly voiceChannel: SessionChannel;
  },
  personLanguage: string | undefined = personId &&
    voiceChannel.languages.find(personId),
): void {
  const listener = personId ?? 'everybody';
  if (!loop.beginFailure(`no voice for ${language} to ${listener}`)) return;
  const spokenLocale = notices.getSpokenLocale(language);
  const locale = findLocale(personLanguage) ?? notices.getWrittenLocale();
  const values = {
    language: getLanguageName(language, locale),
    spoken: getLanguageName(spokenLocale, locale),
  };
  const written = formatText('voice.language.written', values, locale);
  notices.writeWords(toOpenText(written));
  // Where the languages of the voice are unknown, this sentence would have no voice either.
  if (findLocale(language) === spokenLocale) return;
  const spokenLine = {
    id: 'voice.language.spoken',
    with: { language: getLanguageName(language, spokenLocale) },
  } as const;
  mouth.requests.queueNotice({
    language: spokenLocale,
    personId,
    maxWaitMs: maxNoticeWaitMs,
    getText: () => notices.formatSpokenText(spokenLine, spokenLocale),
    onEnded: () => undefined,
  });
}
