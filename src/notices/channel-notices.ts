import { neverAborted } from '#src/base/bounded-wait.ts';
import type { BotError, BudgetCap, FailureStage } from '#src/base/errors.ts';
import type { ChannelId, GuildId, PersonId } from '#src/base/ids.ts';
import { type AudienceDeps, mayOpen } from '#src/people/audience.ts';
import { ConfidentialText, toOpenText } from '#src/people/confidential-text.ts';
import type { Places } from '#src/ports/command-ports.ts';
import { toFailureEvent, toRateLimitLine } from '#src/ports/failure-event.ts';
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
  type TextLine,
} from '#src/texts/texts.ts';

type ReaderLanguages = { readonly places: Pick<Places, 'getLocale'> };
type ListenerLanguages = ReaderLanguages & {
  readonly voices: Pick<VoiceNames, 'isEnglishOnly'>;
};

export function formatWrittenText(
  { id, with: words }: CheckedLine,
  guildId: GuildId,
  { places }: ReaderLanguages,
): string {
  return formatText(id, words, places.getLocale(guildId));
}

/** In `language`, or the language of the server. */
export function formatSpokenText(
  { id, with: words }: CheckedLine,
  guildId: GuildId,
  parts: ListenerLanguages,
  /** BCP 47. A language without texts counts as the language of the server. */
  language?: string,
): string {
  // An English-only voice gets English.
  return formatText(id, words, getSpokenLocale(guildId, parts, language));
}

function getSpokenLocale(
  guildId: GuildId,
  { places, voices }: ListenerLanguages,
  language?: string,
) {
  return voices.isEnglishOnly
    ? 'en'
    : (findLocale(language) ?? places.getLocale(guildId));
}

/** Turns an error into a line for people, without the provider's name. */
export function toFailureLine({ about, code, stage }: BotError): TextLine {
  const { cap, retryAfterMs, takesNoPictures } = about;
  if (code === 'budget.used') return toBudgetLine(cap);
  if (takesNoPictures) return { id: 'fail.picture' };
  if (code === 'provider.bad_key' || code === 'provider.spent')
    return { id: 'fail.key' };
  if (code === 'provider.rate_limited' && retryAfterMs !== undefined)
    return toRateLimitLine(retryAfterMs);
  return { id: stage === 'recognise' ? 'fail.stt' : 'fail.llm' };
}

export function toBudgetLine(cap: BudgetCap = 'server'): TextLine {
  const isOwn = cap === 'person' || cap === 'token';
  return { id: isOwn ? 'budget.rest.person' : 'budget.rest.server' };
}

/**
 * Failure that a channel is told of once: a stage, a deadline, a refused key, a missing
 * voice, or a language (BCP 47) without one.
 */
export type ChannelFailure = FailureStage | 'deadline' | 'key' | `no voice ${string}`;

export type NoticeDeps = {
  readonly messages: VoiceChannelChatPoster;
  readonly places: Pick<Places, 'getLocale'>;
  readonly onEvent: SessionEventListener;
};

/** Writes into the chat without waiting. If closed, only the operator learns of it. */
export function writeInChat(
  words: ConfidentialText,
  channel: ChannelRef,
  parts: Omit<NoticeDeps, 'places'>,
) {
  parts.messages
    .writeText(channel, words, neverAborted)
    .catch((error: unknown) =>
      parts.onEvent(channel.guildId, toFailureEvent(error, 'speak')),
    );
}

/** Sentences of the bot in one voice channel, and reports to the operator about it. */
export type ChannelNotices = ReturnType<typeof createChannelNotices>;

/**
 * Creates notices. `post` drops a line if `isStillTrue` is false when its turn comes.
 */
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
    reportEvent: (event: SessionEvent) => onEvent(guildId, event),
    reportFailure,
    formatWrittenText: formatLine,
    formatSpokenText: (line: CheckedLine, language?: string) =>
      formatSpokenText(line, guildId, deps, language),
    getSpokenLocale: (language?: string) => getSpokenLocale(guildId, deps, language),
    getWrittenLocale: () => deps.places.getLocale(guildId),
    /** Writes into the chat without waiting, with a mention if a person is given. */
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
    mayTellPerson: async (personId: PersonId, channelId: ChannelId) =>
      (await mayOpen(guildId, channelId, personId, deps)) === 'yes',
    tellPerson: (personId: PersonId, words: ConfidentialText, signal: AbortSignal) =>
      messages.tellPerson(personId, words, signal),
    /**
     * Writes lines with a mention of the person, without waiting. Aborting `signal`
     * withdraws a waiting message.
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

type FailingSession = {
  readonly notices: ChannelNotices;
  readonly loop: {
    beginFailure(failure: ChannelFailure): boolean;
    isFailing(failure: ChannelFailure): boolean;
  };
};

export function getFailureKind(failure: BotError): FailureStage | 'key' {
  return toFailureLine(failure).id === 'fail.key' ? 'key' : (failure.stage ?? 'think');
}

/** Reports a text that was written because it had no sound. */
export function reportUnspokenText(
  failure: BotError,
  { loop, notices }: FailingSession,
) {
  notices.reportFailure(failure, 'speak');
  const kind = getFailureKind(failure);
  // The channel reads only that a key is refused, and once.
  const isNews = loop.beginFailure(kind) && kind === 'key';
  if (isNews) notices.post(toFailureLine(failure), () => loop.isFailing(kind));
}

export function writeUnrecognisedNotice(
  failure: BotError,
  notices: Pick<ChannelNotices, 'formatWrittenText' | 'writeWords'>,
) {
  const failureLine = toFailureLine(failure);
  const line: TextLine =
    failureLine.id === 'fail.llm' ? { id: 'fail.stt' } : failureLine;
  notices.writeWords(toOpenText(notices.formatWrittenText(line)));
}

/**
 * Writes words that could not be said. The reason precedes them the first time. `language` (BCP 47) is the language without a
 * voice.
 */
export function writeUnspeakableWords(
  words: ConfidentialText,
  { loop, notices }: FailingSession,
  language?: string,
) {
  const isFirst = loop.beginFailure(language ? `no voice for ${language}` : 'speak');
  const why: TextLine = language
    ? toNoVoiceLine(language, notices)
    : { id: 'fail.tts' };
  const reason = toOpenText(notices.formatWrittenText(why));
  notices.writeWords(isFirst ? ConfidentialText.join([reason, words], ' ') : words);
}

export function toNoVoiceLine(
  language: string,
  notices: Pick<ChannelNotices, 'getWrittenLocale'>,
): TextLine {
  const name = getLanguageName(language, notices.getWrittenLocale());
  return { id: 'voice.language.none', with: { language: name } };
}

function reportGoneVoice(voice: string, { loop, notices }: FailingSession) {
  if (loop.beginFailure(`no voice ${voice}`))
    notices.post({ id: 'voice.gone', with: { voice } });
}

/** Creates a report of a missing voice, unless the model has its own. */
export function reportGoneBotVoice(
  session: FailingSession,
  settings: () => { readonly pipeline: string },
): SpeechVoice['onGone'] {
  return (voice, of) => {
    const isMissed = of === 'model' || settings().pipeline === 'chained';
    if (isMissed) reportGoneVoice(voice, session);
  };
}

export function toChosenVoice(
  name: string | undefined,
  session: FailingSession,
): SpeechVoice {
  if (name === undefined) return {};
  return { name, onGone: (gone) => reportGoneVoice(gone, session) };
}
