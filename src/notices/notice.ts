import type { BotError, BudgetCap, FailureStage } from '#src/base/errors.ts';
import { type AudienceDeps, mayOpen } from '#src/people/audience.ts';
import { ConfidentialText, openText } from '#src/people/confidential-text.ts';
import type { Places } from '#src/ports/command-ports.ts';
import { failureEventOf } from '#src/ports/failure-event.ts';
import type { SessionEvent, SessionEventListener } from '#src/ports/session-events.ts';
import { consentButtons } from '#src/ports/talk-guide.ts';
import type { VoiceChannelChatPoster } from '#src/ports/voice-channel-chat-poster.ts';
import type { ChannelRef } from '#src/ports/voice-link.ts';
import type { SpeechVoice } from '#src/speech/ports.ts';
import type { VoiceNames } from '#src/speech/voice-names.ts';
import { languageName } from '#src/texts/language-names.ts';
import {
  type CheckedLine,
  knownLocale,
  type Locale,
  type TextLine,
  text,
} from '#src/texts/texts.ts';

/** Language that people of each server read. */
type ReaderLanguages = { readonly places: Pick<Places, 'localeIn'> };
/** The same, and whether the voice speaks it. */
type ListenerLanguages = ReaderLanguages & {
  readonly voices: Pick<VoiceNames, 'isEnglishOnly'>;
};

/** A sentence of the bot as people of that server read it. */
export function writtenText(
  { id, with: words }: CheckedLine,
  guildId: GuildId,
  { places }: ReaderLanguages,
): string {
  return text(id, words, places.localeIn(guildId));
}

/** A text as it is spoken to people of a language, or of the server: in English where the voice speaks nothing else. */
export function spokenText(
  { id, with: words }: CheckedLine,
  guildId: GuildId,
  parts: ListenerLanguages,
  /** BCP 47; one without texts counts as the server's. */
  language?: string,
): string {
  return text(id, words, spokenLocale(guildId, parts, language));
}

/** In which language `spokenText` gives a text. */
function spokenLocale(
  guildId: GuildId,
  { places, voices }: ListenerLanguages,
  language?: string,
): Locale {
  return voices.isEnglishOnly ? 'en' : (knownLocale(language) ?? places.localeIn(guildId));
}

/** Text of a failure for people. It names no server: the log, which has its own sentence, does. */
export function failureText({ about, code, stage }: BotError): TextLine {
  const { cap, retryAfterMs, takesNoPictures } = about;
  if (code === 'budget.used') return restLine(cap);
  if (takesNoPictures) return { id: 'fail.picture' };
  if (code === 'provider.bad_key' || code === 'provider.spent') return { id: 'fail.key' };
  if (code === 'provider.rate_limited' && retryAfterMs !== undefined) {
    return { id: 'fail.limit', with: { s: Math.max(1, Math.ceil(retryAfterMs / 1000)) } };
  }
  return { id: stage === 'recognise' ? 'fail.stt' : 'fail.llm' };
}

/** Says which cap leaves too little for a request; a token is told of its own share by the HTTP interface. */
export function restLine(cap: BudgetCap = 'server'): TextLine {
  const isOwn = cap === 'person' || cap === 'token';
  return { id: isOwn ? 'budget.rest.person' : 'budget.rest.server' };
}

/** A stage that fails, a deadline of one that was missed, a key that is refused, a voice that is gone, or a language (BCP 47) that no voice speaks. */
export type ChannelFailure = FailureStage | 'deadline' | 'key' | `no voice ${string}`;

/** Parts that write sentences of the bot. */
export type WritingParts = {
  readonly messages: VoiceChannelChatPoster;
  readonly places: Pick<Places, 'localeIn'>;
  readonly onEvent: SessionEventListener;
};

/** Signal of messages that are never withdrawn. */
const never = new AbortController().signal;

/** Into the chat of the channel, without waiting for it. If that is shut, only the operator reads of it. */
export function writeInChat(
  words: ConfidentialText,
  channel: ChannelRef,
  parts: Omit<WritingParts, 'places'>,
): void {
  parts.messages
    .write(channel, words, never)
    .catch((error: unknown) => parts.onEvent(channel.guildId, failureEventOf(error, 'speak')));
}

/** Sentences of the bot in one voice channel, and reports to the operator of what happens there. */
export type ChannelNotices = ReturnType<typeof channelNotices>;

/** `post`: posts a line into the channel when its turn has come, if it still holds then; `posted` is called with it. */
export function channelNotices(
  channel: ChannelRef,
  deps: WritingParts & ListenerLanguages & AudienceDeps,
  post: (line: TextLine, holds?: () => boolean, posted?: () => void) => void,
) {
  const { guildId } = channel;
  const { messages, onEvent } = deps;
  const writtenLine = (line: CheckedLine) => writtenText(line, guildId, deps);
  const reportFailure = (error: unknown, stage: FailureStage | 'store') =>
    onEvent(guildId, failureEventOf(error, stage));
  return {
    post,
    /** Reports an event to the operator. */
    report: (event: SessionEvent) => onEvent(guildId, event),
    reportFailure,
    writtenText: writtenLine,
    /** As `spokenText`, to people of a language (BCP 47). */
    spokenText: (line: CheckedLine, language?: string) => spokenText(line, guildId, deps, language),
    spokenLocale: (language?: string) => spokenLocale(guildId, deps, language),
    /** Language of what people read here. */
    writtenLocale: () => deps.places.localeIn(guildId),
    /** Into the chat of the channel, to one person with a mention, without waiting for it. */
    write(words: ConfidentialText, personId?: PersonId) {
      if (personId === undefined) {
        writeInChat(words, channel, deps);
        return;
      }
      const text = words.textIn(channel.channelId) ?? '';
      messages
        .notify(channel, [{ personId, text }], never)
        .catch((error: unknown) => reportFailure(error, 'speak'));
    },
    /** Whether this person may know words of a voice channel now. */
    mayTell: async (personId: PersonId, channelId: ChannelId) =>
      (await mayOpen(guildId, channelId, personId, deps)) === 'yes',
    /** As `VoiceChannelChatPoster.tell`. */
    tellPerson: (personId: PersonId, words: ConfidentialText, signal: AbortSignal) =>
      messages.tell(personId, words, signal),
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
      const text = lines.map(writtenLine).join(' ');
      messages.notify(channel, [{ personId, text }], signal, buttons).catch((error: unknown) => {
        if (!signal.aborted) reportFailure(error, 'speak');
      });
    },
  };
}

/** Session whose channel is told of failures. */
type FailingSession = {
  readonly notices: ChannelNotices;
  readonly loop: {
    isNewFailure(failure: ChannelFailure): boolean;
    isFailing(failure: ChannelFailure): boolean;
  };
};

/** Kind of a failure for the channel, which is told once of each. */
export function failureKindOf(failure: BotError): FailureStage | 'key' {
  return failureText(failure).id === 'fail.key' ? 'key' : (failure.stage ?? 'think');
}

/** Reports a text that had no sound and is written: the operator reads the cause, the channel once that a key is refused. */
export function reportUnsaid(failure: BotError, { loop, notices }: FailingSession): void {
  notices.reportFailure(failure, 'speak');
  const kind = failureKindOf(failure);
  const isNews = loop.isNewFailure(kind) && kind === 'key';
  if (isNews) notices.post(failureText(failure), () => loop.isFailing(kind));
}

/** Writes that an utterance which may have been for the bot was not recognised. */
export function writeUnrecognised(failure: BotError, notices: ChannelNotices): void {
  const failureLine = failureText(failure);
  const line: TextLine = failureLine.id === 'fail.llm' ? { id: 'fail.stt' } : failureLine;
  notices.write(openText(notices.writtenText(line)));
}

/**
 * Writes words that could not be said, since the voice failed, or none speaks their `language` (BCP 47); the reason is written
 * once for each fault. Waits for nothing.
 */
export function writeUnspeakable(
  words: ConfidentialText,
  { loop, notices }: FailingSession,
  language?: string,
): void {
  const isFirst = loop.isNewFailure(language ? `no voice for ${language}` : 'speak');
  const why: TextLine = language ? noVoiceLine(language, notices) : { id: 'fail.tts' };
  const reason = openText(notices.writtenText(why));
  notices.write(isFirst ? ConfidentialText.joined([reason, words], ' ') : words);
}

/** Says that no voice speaks a language (BCP 47). */
export function noVoiceLine(language: string, notices: ChannelNotices): TextLine {
  const name = languageName(language, notices.writtenLocale());
  return { id: 'voice.language.none', with: { language: name } };
}

/** Tells the channel once that a voice is gone and the usual one speaks. */
function reportGoneVoice(voice: string, { loop, notices }: FailingSession) {
  if (loop.isNewFailure(`no voice ${voice}`)) notices.post({ id: 'voice.gone', with: { voice } });
}

/** Told of a voice of the bot that is gone. A model that speaks has voices of its own, which the reader of texts need not have. */
export function chosenVoiceGone(
  session: FailingSession,
  settings: () => { readonly pipeline: string },
): SpeechVoice['onGone'] {
  return (voice, of) => {
    const isMissed = of === 'model' || settings().pipeline === 'chained';
    if (isMissed) reportGoneVoice(voice, session);
  };
}

/** A voice that a person has chosen; without one, that of the bot. */
export function chosenVoice(name: string | undefined, session: FailingSession): SpeechVoice {
  if (name === undefined) return {};
  return { name, onGone: (gone) => reportGoneVoice(gone, session) };
}
