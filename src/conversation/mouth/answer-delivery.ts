import type { Pcm } from '#src/audio/pcm.ts';
import { BotError } from '#src/base/errors.ts';
import type { PersonId } from '#src/base/ids.ts';
import { splitClauses } from '#src/chat/text/clause-splitter.ts';
import { toSpeakable } from '#src/chat/text/speakable.ts';
import type { SessionConsent } from '#src/conversation/consent/session-consent.ts';
import type { ConversationLoop } from '#src/conversation/conversation-loop.ts';
import type {
  AnswerProgress,
  ArrivedPart,
  FinishedAnswer,
  PendingAnswer,
} from '#src/conversation/mouth/pending-answer.ts';
import { synthesizeClause } from '#src/conversation/mouth/speech-output.ts';
import type {
  NamedPerson,
  Session,
  SessionChannel,
} from '#src/conversation/session.ts';
import type { Deps } from '#src/conversation/session-dependencies.ts';
import type { ChannelNotices } from '#src/notices/channel-notices.ts';
import { type Owned, toOpenText } from '#src/people/owned.ts';
import type { ChannelRef } from '#src/ports/voice-link.ts';
import type { SpeechVoice } from '#src/speech/speech-engine.ts';
import { type Reservation, toAnnouncementRequest } from '#src/spending/reservation.ts';
import { toVisibleLine } from '#src/texts/plain-text.ts';
import { beginsWithName } from '#src/turn/addressing/names.ts';

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
