import { BotError } from '#src/base/errors.ts';
import type { SessionDependencies } from '#src/conversation/dependencies.ts';
import { speechRequestOf } from '#src/conversation/engines/reservation-requests.ts';
import {
  spokenLocale,
  spokenText,
  writtenText,
} from '#src/conversation/languages/localized-text.ts';
import { consentButtons } from '#src/conversation/ports/panel.ts';
import type { ChannelRef } from '#src/conversation/ports/voice-link.ts';
import type { SessionContext, SpeakingContext } from '#src/conversation/session-context.ts';
import { ConfidentialText, openText, placeReading } from '#src/people/confidential-text.ts';
import { voiceIn } from '#src/pipeline/answer-language.ts';
import { languageName } from '#src/texts/language-names.ts';
import type { TextLine } from '#src/texts/texts.ts';
import { deadlineError, reportMissedDeadline } from './answer-deadline-watchdog.ts';
import { failureEventOf } from './failure-event.ts';
import { synthesizeInTime } from './synthesis-timeout.ts';

/** Text of a failure for people; the log has its own sentence. */
export function failureText(
  { about, code, stage }: BotError,
  { chatName }: SessionDependencies,
): TextLine {
  const { provider = chatName, keySetting, retryAfterMs } = about;
  if (code === 'provider.bad_key' && keySetting !== undefined) {
    return { id: 'fail.key', with: { provider, VARIABLE: keySetting } };
  }
  if (code === 'provider.rate_limited' && retryAfterMs !== undefined && !about.isSpent) {
    return { id: 'fail.limit', with: { provider, s: Math.max(1, Math.ceil(retryAfterMs / 1000)) } };
  }
  if (stage === 'recognise') return { id: 'fail.stt' };
  return { id: 'fail.llm', with: { provider } };
}

/**
 * Reports a failure, so that the bot is never silent without a reason: the operator reads the cause, the channel hears or reads
 * what to do, and while the same fault lasts it hears a falling tone. `writtenTo` reads it each time. What has no sound is written
 * already.
 */
export async function reportFailure(
  failure: BotError,
  language: string | undefined,
  context: SpeakingContext,
  signal: AbortSignal,
  writtenTo: readonly string[] = [],
): Promise<void> {
  const { channel, parts } = context;
  const { stage = 'think' } = failure;
  parts.onEvent(channel.guildId, failureEventOf(failure, stage));
  reportMissedDeadline(failure, context);
  const line = failureText(failure, parts);
  const isFirst = context.reportedFailures.first(stage);
  if (line.id === 'fail.key' && context.reportedFailures.first('key')) context.notice(line);
  if (stage === 'speak') return;
  if (writtenTo.length > 0)
    return writeTo(writtenTo, openText(writtenText(line, channel.guildId, parts)), context);
  if (isFirst && line.id !== 'fail.key') return await sayOrWrite(line, language, context, signal);
  if (context.settings().cues === 'off') return;
  void context.connection.play(parts.cues.error).then((outcome) => {
    if (outcome === 'left') context.features.erred();
  });
}

/** Reports an utterance that may have been for the bot and was not recognised: the channel reads it, once for each fault. */
export function reportUnrecognised(failure: BotError, context: SessionContext): void {
  const { channel, parts, reportedFailures } = context;
  parts.onEvent(channel.guildId, failureEventOf(failure, 'recognise'));
  if (!reportedFailures.first('recognise')) return;
  const failureLine = failureText(failure, parts);
  const isNamed = failureLine.id === 'fail.key' || failureLine.id === 'fail.limit';
  const line: TextLine = isNamed ? failureLine : { id: 'fail.unrecognised' };
  write(openText(writtenText(line, channel.guildId, parts)), channel, parts);
}

/**
 * Writes words that could not be said, since the voice failed, or none speaks their `language` (BCP 47); the reason is written
 * once for each fault. Where not all who can read there may know them, only that is written. Waits for nothing.
 */
export function writeUnspeakable(
  words: ConfidentialText,
  context: SessionContext,
  language?: string,
): void {
  const { channel, parts, reportedFailures } = context;
  const { guildId } = channel;
  const isFirst = reportedFailures.first(language ? `no voice for ${language}` : 'speak');
  const name = language && languageName(language, parts.places.localeIn(guildId));
  const why: TextLine = name
    ? { id: 'fail.no_voice', with: { language: name } }
    : { id: 'fail.tts' };
  const reason = openText(writtenText(why, guildId, parts));
  const withheld = writtenText({ id: 'fail.withheld' }, guildId, parts);
  write(isFirst ? ConfidentialText.joined([reason, words], ' ') : words, channel, parts, withheld);
}

/** Signal of messages that are never withdrawn. */
const never = new AbortController().signal;

/**
 * Into the chat of the channel, without waiting for it; `instead` where not all who can read there may know it. If that is shut
 * as well, only the operator reads of it.
 */
export function write(
  words: ConfidentialText,
  channel: ChannelRef,
  parts: SessionDependencies,
  instead?: string,
): void {
  parts.messages
    .write(channel, words, never, instead)
    .catch((error: unknown) => parts.onEvent(channel.guildId, failureEventOf(error, 'speak')));
}

/**
 * Words for these people into the chat of the channel, with a mention of each, without waiting for it. Where not all who can read
 * there may know them, they read how they get them.
 */
export function writeTo(
  personIds: readonly string[],
  words: ConfidentialText,
  { channel, parts }: SessionContext,
): void {
  const { guildId } = channel;
  const withheld = writtenText({ id: 'fail.withheld.written' }, guildId, parts);
  const text = words.textFor(placeReading(channel.channelId)) ?? withheld;
  const lines = personIds.map((personId) => ({ personId, text }));
  parts.messages
    .notify(channel, lines, never)
    .catch((error: unknown) => parts.onEvent(guildId, failureEventOf(error, 'speak')));
}

/**
 * Writes lines to one person into the chat of the channel, which notifies them, with the buttons of consent; without waiting for it. If
 * that chat is shut, only the operator reads of it. Aborting `signal` takes back what still waits.
 */
export function notifyPerson(
  personId: string,
  lines: readonly TextLine[],
  { channel, parts }: Pick<SessionContext, 'channel' | 'parts'>,
  signal: AbortSignal,
): void {
  const { guildId } = channel;
  const text = lines.map((line) => writtenText(line, guildId, parts)).join(' ');
  parts.messages
    .notify(channel, [{ personId, text }], signal, consentButtons)
    .catch((error: unknown) => {
      if (!signal.aborted) parts.onEvent(guildId, failureEventOf(error, 'speak'));
    });
}

/**
 * Says a line in `language` (BCP 47; undefined: the server's), or writes it into the chat where that fails or costs too much.
 * Aborting `signal` falls silent and throws `signal.reason`.
 */
export async function sayOrWrite(
  line: TextLine,
  language: string | undefined,
  context: SpeakingContext,
  signal: AbortSignal,
): Promise<void> {
  const { channel, parts } = context;
  const { spending } = parts;
  const words = spokenText(line, channel.guildId, parts, language);
  const voice = voiceIn(spokenLocale(channel.guildId, parts, language), context.style());
  const opened = spending.open(speechRequestOf('notice', channel.guildId, words));
  if (opened.kind === 'refused')
    return write(openText(writtenText(line, channel.guildId, parts)), channel, parts);
  using reservation = opened.reservation;
  const synthesizer = parts.synthesizer.paidBy(reservation);
  try {
    await context.output.speak(signal, async (reply) => {
      for await (const pcm of synthesizeInTime(synthesizer, words, voice, parts.clock, signal)) {
        await reply.write(pcm, words, signal);
      }
      reply.end();
      await context.output.played(reply, signal);
      if (context.output.isStuck)
        throw deadlineError('speak', 'The voice link sent no frame of a sentence.');
    });
  } catch (error) {
    if (signal.aborted || !(error instanceof BotError)) throw error;
    write(openText(writtenText(line, channel.guildId, parts)), channel, parts);
  }
}
