import { BotError } from '#src/base/errors.ts';
import { speechRequestOf } from '#src/conversation/engines/paid-requests.ts';
import {
  spokenLocale,
  spokenText,
  writtenText,
} from '#src/conversation/languages/localized-text.ts';
import { consentButtons } from '#src/conversation/ports/panel.ts';
import type { ChannelRef } from '#src/conversation/ports/voice-link.ts';
import type { SessionContext, SpeakingContext } from '#src/conversation/session-context.ts';
import type { SessionDependencies } from '#src/conversation/session-dependencies.ts';
import { type ConfidentialText, openText } from '#src/people/confidential-text.ts';
import { voiceIn } from '#src/pipeline/answer-language.ts';
import type { TextLine } from '#src/texts/texts.ts';
import { deadlineError } from './answer-deadline-watchdog.ts';
import { failureEventOf } from './failure-event.ts';
import { synthesizeInTime } from './synthesis-timeout.ts';

/** Signal of messages that are never withdrawn. */
const never = new AbortController().signal;

/** Into the chat of the channel, without waiting for it. If that is shut, only the operator reads of it. */
export function writeInChat(
  words: ConfidentialText,
  channel: ChannelRef,
  parts: SessionDependencies,
): void {
  parts.messages
    .write(channel, words, never)
    .catch((error: unknown) => parts.onEvent(channel.guildId, failureEventOf(error, 'speak')));
}

/** Words for these people into the chat of the channel, with a mention of each, without waiting for it. */
export function writeToPeople(
  personIds: readonly string[],
  words: ConfidentialText,
  { channel, parts }: SessionContext,
): void {
  const text = words.textIn(channel.channelId) ?? '';
  const lines = personIds.map((personId) => ({ personId, text }));
  parts.messages
    .notify(channel, lines, never)
    .catch((error: unknown) => parts.onEvent(channel.guildId, failureEventOf(error, 'speak')));
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
    return writeInChat(openText(writtenText(line, channel.guildId, parts)), channel, parts);
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
    writeInChat(openText(writtenText(line, channel.guildId, parts)), channel, parts);
  }
}
