import { neverAborted } from '#src/base/bounded-wait.ts';
import type { BotError, BudgetCap, FailureStage } from '#src/base/errors.ts';
import type { ChannelId, GuildId, PersonId } from '#src/base/ids.ts';
import { type AudienceDeps, mayOpen } from '#src/people/audience.ts';
import { Owned, toOpenText } from '#src/people/owned.ts';
import type { Places } from '#src/ports/command-ports.ts';
import {
  type SessionEvent,
  type SessionEventListener,
  toFailureEvent,
} from '#src/ports/session-events.ts';
import { consentButtons } from '#src/ports/talk-guide.ts';
import type { VoiceChannelChatPoster } from '#src/ports/voice-channel-chat-poster.ts';
import type { ChannelRef } from '#src/ports/voice-link.ts';
import type { SpeechVoice, VoiceNames } from '#src/speech/speech-engine.ts';
import {
  findMissingLanguage,
  speaksLanguage,
} from '#src/speech/text-language/spoken-form.ts';
import { getLanguageName } from '#src/texts/language-names.ts';
import {
  type CheckedLine,
  findLocale,
  formatText,
  type Locale,
  type TextLine,
} from '#src/texts/texts.ts';

type ReaderLanguages = { readonly places: Pick<Places, 'getLocale'> };
type ListenerLanguages = ReaderLanguages & {
  readonly voices: Pick<VoiceNames, 'languages'>;
};

/** Formats a line in the language of the server. */
export function formatWrittenText(
  { id, with: values }: CheckedLine,
  guildId: GuildId,
  { places }: ReaderLanguages,
): string {
  return formatText(id, values, places.getLocale(guildId));
}

/** Formats a line for the voice, in `language` or the language of the server. */
export function formatSpokenText(
  { id, with: values }: CheckedLine,
  guildId: GuildId,
  deps: ListenerLanguages,
  /** BCP 47. A language without texts counts as the language of the server. */
  language?: string,
): string {
  return formatText(id, values, getSpokenLocale(guildId, deps, language));
}

function getSpokenLocale(
  guildId: GuildId,
  { places, voices }: ListenerLanguages,
  language?: string,
) {
  const wanted = findLocale(language) ?? places.getLocale(guildId);
  if (speaksLanguage(voices.languages, wanted)) return wanted;
  // A sentence in another language is better than one that nobody hears.
  const spoken = voices.languages?.flatMap((tag) => findLocale(tag) ?? []);
  return spoken?.[0] ?? wanted;
}

/** Turns an error into a line for people, without the provider's name. */
export function toFailureLine({ about, code, stage }: BotError): TextLine {
  const { cap, isContentRefusal, isShareUsed, retryAfterMs, takesNoPictures } = about;
  if (cap !== undefined) return toBudgetLine(cap);
  if (takesNoPictures) return { id: 'fail.picture' };
  if (isShareUsed) return { id: 'ask.dropped' };
  if (isContentRefusal) return { id: 'fail.content' };
  if (code === 'provider.loading') return { id: 'fail.loading' };
  if (code === 'provider.bad_key' || code === 'provider.spent')
    return { id: 'fail.key' };
  if (code === 'provider.rate_limited' && retryAfterMs !== undefined)
    return toRateLimitLine(retryAfterMs);
  return { id: stage === 'recognise' ? 'fail.stt' : 'fail.llm' };
}

/** Tells people how many seconds to wait for a provider's rate limit, at least one. */
export function toRateLimitLine(retryAfterMs = 60_000): TextLine {
  const s = Math.max(1, Math.ceil(retryAfterMs / 1000));
  return { id: 'fail.limit', with: { s } };
}

/** Says which language no voice speaks, and the way out. Undefined for an error of any other kind. */
export function findMissingVoiceLine(
  error: unknown,
  locale?: Locale,
): TextLine | undefined {
  const language = findMissingLanguage(error);
  return language === undefined
    ? undefined
    : {
        id: 'voice.language.none',
        with: { language: getLanguageName(language, locale) },
      };
}

/** Tells people that a budget is used up, their own or the server's, or that spending cannot be stored. */
export function toBudgetLine(cap: BudgetCap): TextLine {
  if (cap === 'unstored') return { id: 'budget.unstored' };
  const isOwn = cap === 'person' || cap === 'token';
  return { id: isOwn ? 'budget.rest.person' : 'budget.rest.server' };
}

/**
 * Failure that a channel is told of once: a stage, a deadline, a refused key, a live model, a missing
 * voice, or a language (BCP 47) without one.
 */
export type ChannelFailure =
  | FailureStage
  | 'deadline'
  | 'key'
  | 'live'
  | `no voice ${string}`;

/** Objects that writing a notice needs. */
export type NoticeDeps = {
  readonly messages: VoiceChannelChatPoster;
  readonly places: Pick<Places, 'getLocale'>;
  readonly onEvent: SessionEventListener;
};

/** Writes into the chat without waiting. If closed, only the operator learns of it. */
export function writeInChat(
  text: Owned<string>,
  channel: ChannelRef,
  deps: Omit<NoticeDeps, 'places'>,
): void {
  deps.messages
    .writeText(channel, text, neverAborted)
    .catch((error: unknown) =>
      deps.onEvent(channel.guildId, toFailureEvent(error, 'speak')),
    );
}

/** Sentences of the bot in one voice channel, and reports to the operator about it. No method throws, except `tellPerson`. */
export interface ChannelNotices {
  /**
   * Writes a line into the chat, after other notices of the server. Drops the line if `isStillTrue` is false when its
   * turn comes.
   */
  post(line: TextLine, isStillTrue?: () => boolean, onPosted?: () => void): void;
  /** Reports an event of this channel to the log, the metrics and programs. */
  reportEvent(event: SessionEvent): void;
  /** Reports an error to the operator. People in the channel do not learn of it. */
  reportFailure(error: unknown, stage: FailureStage | 'store'): void;
  /** Formats a line in the language of the server. */
  formatWrittenText(line: CheckedLine): string;
  /** Formats a line for the voice: in `language` (BCP 47) if there are texts in it, else as written. */
  formatSpokenText(line: CheckedLine, language?: string): string;
  /** Returns the locale in which a spoken text is formatted for a listener of `language`. */
  getSpokenLocale(language?: string): Locale;
  /** Returns the locale of the server. */
  getWrittenLocale(): Locale;
  /** Writes into the chat without waiting, with a mention if a person is given. */
  writeWords(message: Owned<string>, personId?: PersonId): void;
  /** Tests whether a person may open a channel, and so may know words from it. */
  mayTellPerson(personId: PersonId, channelId: ChannelId): Promise<boolean>;
  /** Sends a direct message. Throws as `VoiceChannelChatPoster` does. */
  tellPerson(
    personId: PersonId,
    message: Owned<string>,
    signal: AbortSignal,
  ): Promise<void>;
  /**
   * Writes one line with mentions of people and the buttons of consent. Resolves to whether Discord has taken it. Never
   * rejects; a failure is reported.
   */
  tellPeople(
    personIds: readonly PersonId[],
    line: TextLine,
    signal: AbortSignal,
  ): Promise<boolean>;
  /**
   * Writes lines with a mention of the person, without waiting. Buttons are those of consent by default. Aborting
   * `signal` withdraws a waiting message.
   */
  notifyPerson(
    personId: PersonId,
    lines: readonly TextLine[],
    signal: AbortSignal,
    buttons?: readonly string[],
  ): void;
}

/** Creates the notices of a channel. `post` puts a line into the queue of the server. */
export function createChannelNotices(
  channel: ChannelRef,
  deps: NoticeDeps & ListenerLanguages & AudienceDeps,
  post: ChannelNotices['post'],
): ChannelNotices {
  const { guildId } = channel;
  const { messages, onEvent } = deps;

  function formatLine(textLine: CheckedLine) {
    return formatWrittenText(textLine, guildId, deps);
  }

  function reportFailure(error: unknown, stage: FailureStage | 'store') {
    onEvent(guildId, toFailureEvent(error, stage));
  }

  function writeWords(message: Owned<string>, personId?: PersonId) {
    if (personId === undefined) {
      writeInChat(message, channel, deps);
      return;
    }
    messages
      .notifyPeople(channel, [{ personId, text: message }], neverAborted)
      .catch((error: unknown) => reportFailure(error, 'speak'));
  }

  async function tellPeople(
    personIds: readonly PersonId[],
    line: TextLine,
    signal: AbortSignal,
  ) {
    const text = toOpenText(formatLine(line));
    const lines = personIds.map((personId) => ({ personId, text }));
    try {
      await messages.notifyPeople(channel, lines, signal, consentButtons);
      return true;
    } catch (error) {
      if (!signal.aborted) reportFailure(error, 'speak');
      return false;
    }
  }

  function notifyPerson(
    personId: PersonId,
    lines: readonly TextLine[],
    signal: AbortSignal,
    buttons: readonly string[] = consentButtons,
  ) {
    const text = toOpenText(lines.map(formatLine).join(' '));
    messages
      .notifyPeople(channel, [{ personId, text }], signal, buttons)
      .catch((error: unknown) => {
        if (!signal.aborted) reportFailure(error, 'speak');
      });
  }

  return {
    post,
    reportEvent: (event) => onEvent(guildId, event),
    reportFailure,
    formatWrittenText: formatLine,
    formatSpokenText: (textLine, language) =>
      formatSpokenText(textLine, guildId, deps, language),
    getSpokenLocale: (language) => getSpokenLocale(guildId, deps, language),
    getWrittenLocale: () => deps.places.getLocale(guildId),
    writeWords,
    mayTellPerson: async (personId, otherId) =>
      (await mayOpen(guildId, otherId, personId, deps)) === 'yes',
    tellPerson: (personId, message, signal) =>
      messages.tellPerson(personId, message, signal),
    tellPeople,
    notifyPerson,
  };
}

/** A session that notes its failures, so that people read of each once. */
type FailingSession = {
  readonly notices: ChannelNotices;
  readonly loop: {
    /** Notes a failure until its end. Returns whether it is new. */
    beginFailure(failure: ChannelFailure): boolean;
    /** Tests whether a failure was noted and has not ended. */
    isFailing(failure: ChannelFailure): boolean;
    /** Ends a failure, so that people are told of the next one. */
    endFailure(failure: ChannelFailure): boolean;
  };
};

/** Gets the failure that people are told of: a refused key, or the stage that failed. */
export function getFailureKind(failure: BotError): FailureStage | 'key' {
  return toFailureLine(failure).id === 'fail.key' ? 'key' : (failure.stage ?? 'think');
}

/** Reports a text that was written because it had no sound. */
export function reportUnspokenText(
  failure: BotError,
  { loop, notices }: FailingSession,
): void {
  notices.reportFailure(failure, 'speak');
  const kind = getFailureKind(failure);
  // The channel reads only that a key is refused, and once.
  const isNews = loop.beginFailure(kind) && kind === 'key';
  if (isNews) notices.post(toFailureLine(failure), () => loop.isFailing(kind));
}

/** Writes once why the chat model answers in place of a live model, until that answers again. */
export function reportLiveTurn(
  failure: BotError | undefined,
  { loop, notices }: FailingSession,
): void {
  if (!failure) loop.endFailure('live');
  else if (loop.beginFailure('live'))
    notices.post(toStandInLine(failure), () => loop.isFailing('live'));
}

/** Turns each end and fault of a live session into one line for people. */
function toStandInLine({ about, code }: BotError): TextLine {
  if (about.isContentRefusal) return { id: 'live.content' };
  switch (code) {
    case 'budget.used':
      return { id: 'live.money' };
    case 'provider.bad_key':
    case 'provider.spent':
      return { id: 'live.key' };
    case 'provider.late':
      return { id: 'live.late' };
    case 'provider.truncated':
    case 'provider.unreachable':
      return { id: 'live.lost' };
    default:
      return { id: 'live.refused' };
  }
}

/** Writes that words were not recognised, with the reason if people can mend it. */
export function writeUnrecognisedNotice(
  failure: BotError,
  notices: Pick<ChannelNotices, 'formatWrittenText' | 'writeWords'>,
): void {
  const failureLine = toFailureLine(failure);
  const notice: TextLine =
    failureLine.id === 'fail.llm' ? { id: 'fail.stt' } : failureLine;
  notices.writeWords(toOpenText(notices.formatWrittenText(notice)));
}

/** Writes words that could not be said. The reason precedes them the first time. */
export function writeUnspeakableWords(
  text: Owned<string>,
  { loop, notices }: FailingSession,
): void {
  const isFirst = loop.beginFailure('speak');
  const reason = toOpenText(notices.formatWrittenText({ id: 'fail.tts' }));
  notices.writeWords(isFirst ? Owned.join([reason, text], ' ') : text);
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

/** Creates a voice by name. Without a name the usual voice speaks. A missing voice is told once. */
export function toChosenVoice(
  name: string | undefined,
  session: FailingSession,
): SpeechVoice {
  if (name === undefined) return {};
  return { name, onGone: (gone) => reportGoneVoice(gone, session) };
}
