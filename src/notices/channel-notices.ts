import type { BotError, BudgetCap, FailureStage } from '#src/base/errors.ts';
import { type AudienceDeps, mayOpen } from '#src/people/audience.ts';
import { ConfidentialText, toOpenText } from '#src/people/confidential-text.ts';
import type { Places } from '#src/ports/command-ports.ts';
import { toFailureEvent } from '#src/ports/failure-event.ts';
import type { SessionEvent, SessionEventListener } from '#src/ports/session-events.ts';
import { consentButtons } from '#src/ports/talk-guide.ts';
import type { VoiceChannelChatPoster } from '#src/ports/voice-channel-chat-poster.ts';
import type { ChannelRef } from '#src/ports/voice-link.ts';
import type { SpeechVoice } from '#src/speech/speech-engine.ts';
import type { VoiceNames } from '#src/speech/voice-names.ts';
import { getLanguageName } from '#src/texts/language-names.ts';
import {
  type CheckedLine,
  findLocale,
  formatText,
  type Locale,
  type TextLine,
} from '#src/texts/texts.ts';

/** Language that people of each server read. */
type ReaderLanguages = { readonly places: Pick<Places, 'getLocale'> };
/** The same, and whether the voice speaks it. */
type ListenerLanguages = ReaderLanguages & {
  readonly voices: Pick<VoiceNames, 'isEnglishOnly'>;
};

/** A sentence of the bot as people of that server read it. */
export function formatWrittenText(
  { id, with: words }: CheckedLine,
  guildId: GuildId,
  { places }: ReaderLanguages,
): string {
  return formatText(id, words, places.getLocale(guildId));
}

/** A text as it is spoken to people of a language, or of the server: in English where the voice speaks nothing else. */
export function formatSpokenText(
  { id, with: words }: CheckedLine,
  guildId: GuildId,
  parts: ListenerLanguages,
  /** BCP 47; one without texts counts as the server's. */
  language?: string,
): string {
  return formatText(id, words, getSpokenLocale(guildId, parts, language));
}

/** In which language `spokenText` gives a text. */
function getSpokenLocale(
  guildId: GuildId,
  { places, voices }: ListenerLanguages,
  language?: string,
): Locale {
  return voices.isEnglishOnly ? 'en' : (findLocale(language) ?? places.getLocale(guildId));
}

/** Text of a failure for people. It names no server: the log, which has its own sentence, does. */
export function toFailureLine({ about, code, stage }: BotError): TextLine {
  const { cap, retryAfterMs, takesNoPictures } = about;
  if (code === 'budget.used') return toBudgetLine(cap);
  if (takesNoPictures) return { id: 'fail.picture' };
  if (code === 'provider.bad_key' || code === 'provider.spent') return { id: 'fail.key' };
  if (code === 'provider.rate_limited' && retryAfterMs !== undefined) {
    return { id: 'fail.limit', with: { s: Math.max(1, Math.ceil(retryAfterMs / 1000)) } };
  }
  return { id: stage === 'recognise' ? 'fail.stt' : 'fail.llm' };
}

/** Says which cap leaves too little for a request; a token is told of its own share by the HTTP interface. */
export function toBudgetLine(cap: BudgetCap = 'server'): TextLine {
  const isOwn = cap === 'person' || cap === 'token';
  return { id: isOwn ? 'budget.rest.person' : 'budget.rest.server' };
}

/** A stage that fails, a deadline of one that was missed, a key that is refused, a voice that is gone, or a language (BCP 47) that no voice speaks. */
export type ChannelFailure = FailureStage | 'deadline' | 'key' | `no voice ${string}`;

/** Parts that write sentences of the bot. */
export type NoticeDeps = {
  readonly messages: VoiceChannelChatPoster;
  readonly places: Pick<Places, 'getLocale'>;
  readonly onEvent: SessionEventListener;
};

/** Signal of messages that are never withdrawn. */
const neverAborted = new AbortController().signal;

/** Into the chat of the channel, without waiting for it. If that is shut, only the operator reads of it. */
export function writeInChat(
  words: ConfidentialText,
  channel: ChannelRef,
  parts: Omit<NoticeDeps, 'places'>,
): void {
  parts.messages
    .writeText(channel, words, neverAborted)
    .catch((error: unknown) => parts.onEvent(channel.guildId, toFailureEvent(error, 'speak')));
}

/** Sentences of the bot in one voice channel, and reports to the operator of what happens there. */
export type ChannelNotices = ReturnType<typeof createChannelNotices>;

/** `post`: posts a line into the channel when its turn has come, if it still holds then; `posted` is called with it. */
export function createChannelNotices(
  channel: ChannelRef,
  deps: NoticeDeps & ListenerLanguages & AudienceDeps,
  post: (line: TextLine, holds?: () => boolean, posted?: () => void) => void,
) {
  const { guildId } = channel;
  const { messages, onEvent } = deps;
  const formatLine = (line: CheckedLine) => formatWrittenText(line, guildId, deps);
  const reportFailure = (error: unknown, stage: FailureStage | 'store') =>
    onEvent(guildId, toFailureEvent(error, stage));
  return {
    post,
    /** Reports an event to the operator. */
    reportEvent: (event: SessionEvent) => onEvent(guildId, event),
    reportFailure,
    formatWrittenText: formatLine,
    /** As `spokenText`, to people of a language (BCP 47). */
    formatSpokenText: (line: CheckedLine, language?: string) =>
      formatSpokenText(line, guildId, deps, language),
    getSpokenLocale: (language?: string) => getSpokenLocale(guildId, deps, language),
    /** Language of what people read here. */
    getWrittenLocale: () => deps.places.getLocale(guildId),
    /** Into the chat of the channel, to one person with a mention, without waiting for it. */
    writeWords(words: ConfidentialText, personId?: PersonId) {
      if (personId === undefined) {
        writeInChat(words, channel, deps);
        return;
      }
      const text = words.findTextForPlace(channel.channelId) ?? '';
      messages
        .notifyPeople(channel, [{ personId, text }], neverAborted)
        .catch((error: unknown) => reportFailure(error, 'speak'));
    },
    /** Whether this person may know words of a voice channel now. */
    mayTellPerson: async (personId: PersonId, channelId: ChannelId) =>
      (await mayOpen(guildId, channelId, personId, deps)) === 'yes',
    /** As `VoiceChannelChatPoster.tell`. */
    tellPerson: (personId: PersonId, words: ConfidentialText, signal: AbortSignal) =>
      messages.tellPerson(personId, words, signal),
    /**
     * Writes lines to one person into the chat of the channel, which notifies them, with buttons, those of consent by default;
     * without waiting for it. If that chat is shut, only the operator reads of it. Aborting `signal` takes back what still waits.
     */
    notifyPerson(
      personId: PersonId,
      lines: readonly TextLine[],
      signal: AbortSignal,
      buttons: readonly string[] = consentButtons,
    ) {
      const text = lines.map(formatLine).join(' ');
      messages
        .notifyPeople(channel, [{ personId, text }], signal, buttons)
        .catch((error: unknown) => {
          if (!signal.aborted) reportFailure(error, 'speak');
        });
    },
  };
}

/** Session whose channel is told of failures. */
type FailingSession = {
  readonly notices: ChannelNotices;
  readonly loop: {
    beginFailure(failure: ChannelFailure): boolean;
    isFailing(failure: ChannelFailure): boolean;
  };
};

/** Kind of a failure for the channel, which is told once of each. */
export function getFailureKind(failure: BotError): FailureStage | 'key' {
  return toFailureLine(failure).id === 'fail.key' ? 'key' : (failure.stage ?? 'think');
}

/** Reports a text that had no sound and is written: the operator reads the cause, the channel once that a key is refused. */
export function reportUnspokenText(failure: BotError, { loop, notices }: FailingSession): void {
  notices.reportFailure(failure, 'speak');
  const kind = getFailureKind(failure);
  const isNews = loop.beginFailure(kind) && kind === 'key';
  if (isNews) notices.post(toFailureLine(failure), () => loop.isFailing(kind));
}

/** Writes that an utterance which may have been for the bot was not recognised. */
export function writeUnrecognisedNotice(failure: BotError, notices: ChannelNotices): void {
  const failureLine = toFailureLine(failure);
  const line: TextLine = failureLine.id === 'fail.llm' ? { id: 'fail.stt' } : failureLine;
  notices.writeWords(toOpenText(notices.formatWrittenText(line)));
}

/**
 * Writes words that could not be said, since the voice failed, or none speaks their `language` (BCP 47); the reason is written
 * once for each fault. Waits for nothing.
 */
export function writeUnspeakableWords(
  words: ConfidentialText,
  { loop, notices }: FailingSession,
  language?: string,
): void {
  const isFirst = loop.beginFailure(language ? `no voice for ${language}` : 'speak');
  const why: TextLine = language ? toNoVoiceLine(language, notices) : { id: 'fail.tts' };
  const reason = toOpenText(notices.formatWrittenText(why));
  notices.writeWords(isFirst ? ConfidentialText.join([reason, words], ' ') : words);
}

/** Says that no voice speaks a language (BCP 47). */
export function toNoVoiceLine(language: string, notices: ChannelNotices): TextLine {
  const name = getLanguageName(language, notices.getWrittenLocale());
  return { id: 'voice.language.none', with: { language: name } };
}

/** Tells the channel once that a voice is gone and the usual one speaks. */
function reportGoneVoice(voice: string, { loop, notices }: FailingSession) {
  if (loop.beginFailure(`no voice ${voice}`)) notices.post({ id: 'voice.gone', with: { voice } });
}

/** Told of a voice of the bot that is gone. A model that speaks has voices of its own, which the reader of texts need not have. */
export function reportGoneBotVoice(
  session: FailingSession,
  settings: () => { readonly pipeline: string },
): SpeechVoice['onGone'] {
  return (voice, of) => {
    const isMissed = of === 'model' || settings().pipeline === 'chained';
    if (isMissed) reportGoneVoice(voice, session);
  };
}

/** A voice that a person has chosen; without one, that of the bot. */
export function toChosenVoice(name: string | undefined, session: FailingSession): SpeechVoice {
  if (name === undefined) return {};
  return { name, onGone: (gone) => reportGoneVoice(gone, session) };
}
