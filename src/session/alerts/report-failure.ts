import { BotError } from '#src/base/errors.ts';
import { ConfidentialText, openText } from '#src/people/confidential-text.ts';
import { voiceIn } from '#src/pipeline/answer-language.ts';
import { speechRequestOf } from '#src/session/answering/answer-request.ts';
import type { SessionDependencies } from '#src/session/dependencies.ts';
import { failureOf } from '#src/session/failure.ts';
import { spokenLocale, spokenText, writtenText } from '#src/session/localized-text.ts';
import type { CuePlayer } from '#src/session/output/cue-player.ts';
import type { SpeechOutput } from '#src/session/output/speech-output.ts';
import type { ChannelRef } from '#src/session/ports/voice-link.ts';
import type { GuildSettings } from '#src/session/settings/guild-settings.ts';
import { languageName } from '#src/texts/language-names.ts';
import type { TextLine } from '#src/texts/texts.ts';
import type { NoticeReceiver } from './fallback-notices.ts';
import type { ReportedFailures } from './reported-failures.ts';
import { inTime } from './speech-deadline.ts';
import { reportMissedDeadline, type StageReports, stageLate } from './stage-watchdog.ts';

/** The chat of a channel, and the operator who is told where it is shut. */
export type ChannelChat = {
  readonly channel: ChannelRef;
  readonly parts: Pick<SessionDependencies, 'messages' | 'onEvent'>;
};

/** Where is written what could not be said or recognised, and why: once a trouble. */
export type FailureChat = ChannelChat & {
  readonly parts: Pick<SessionDependencies, 'chatName' | 'places'>;
  readonly reportedFailures: Pick<ReportedFailures, 'first'>;
};

/** Where a sentence of the bot itself is said, or written if it cannot be. */
export type SentenceOutput = ChannelChat & {
  readonly parts: Pick<
    SessionDependencies,
    'clock' | 'places' | 'spending' | 'spokenLocales' | 'style' | 'synthesizer'
  >;
  readonly output: Pick<SpeechOutput, 'isStuck' | 'played' | 'speak'>;
  /** Language of whoever it is said to, BCP 47; absent: the server's. */
  readonly spokenIn?: string | undefined;
};

/** Where the channel and the operator are told of a failure. */
export type FailureOutput = SentenceOutput &
  FailureChat &
  StageReports &
  NoticeReceiver & {
    readonly parts: Pick<SessionDependencies, 'cues'>;
    readonly settings: () => Pick<GuildSettings, 'cues'>;
    readonly cuePlayer: Pick<CuePlayer, 'play'>;
  };

/** What people read or hear of a failure, whatever the operator is told. */
export function failureText(
  { about, code, stage }: BotError,
  { chatName }: Pick<SessionDependencies, 'chatName'>,
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
 * Silence is the worst bug: the operator reads the reason, the channel hears or reads what to do, and while the same trouble
 * lasts a falling tone. What has no sound is written already.
 */
export async function reportFailure(
  failure: BotError,
  context: FailureOutput,
  signal: AbortSignal,
): Promise<void> {
  const { channel, parts } = context;
  const { stage = 'think' } = failure;
  parts.onEvent(channel.guildId, failureOf(failure, stage));
  reportMissedDeadline(failure, context);
  const line = failureText(failure, parts);
  const isFirst = context.reportedFailures.first(stage);
  if (line.id === 'fail.key' && context.reportedFailures.first('key')) context.notice(line);
  if (stage === 'speak') return;
  if (isFirst && line.id !== 'fail.key') return await sayOrWrite(line, context, signal);
  if (context.settings().cues !== 'off') void context.cuePlayer.play(parts.cues.error);
}

/** Words that may have been for the bot and nobody could recognise: the channel reads it, once a trouble. */
export function reportUnrecognised(failure: BotError, context: FailureChat): void {
  const { channel, parts, reportedFailures } = context;
  parts.onEvent(channel.guildId, failureOf(failure, 'recognise'));
  if (!reportedFailures.first('recognise')) return;
  const told = failureText(failure, parts);
  const isNamed = told.id === 'fail.key' || told.id === 'fail.limit';
  const line: TextLine = isNamed ? told : { id: 'fail.unrecognised' };
  write(openText(writtenText(line, channel.guildId, parts)), context);
}

/**
 * Words that could not be said, since the voice failed, or none speaks their `language` (BCP 47); why they come so is told once
 * a trouble. Where not all who can read there may know them, only that is written. Waits for nothing.
 */
export function writeUnspeakable(
  words: ConfidentialText,
  context: FailureChat,
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
  write(isFirst ? ConfidentialText.joined([reason, words], ' ') : words, context, withheld);
}

/** What is written for its own sake is not taken back by anything. */
const never = new AbortController().signal;

/**
 * Into the chat of the channel, without waiting for it; `instead` where not all who can read there may know it. If that is shut
 * as well, only the operator is left to tell.
 */
export function write(
  words: ConfidentialText,
  { channel, parts }: ChannelChat,
  instead?: string,
): void {
  parts.messages
    .write(channel, words, never, instead)
    .catch((error: unknown) => parts.onEvent(channel.guildId, failureOf(error, 'speak')));
}

/** Aloud, or into the chat where that fails or costs too much. Aborting `signal` falls silent and throws `signal.reason`. */
export async function sayOrWrite(
  line: TextLine,
  context: SentenceOutput,
  signal: AbortSignal,
): Promise<void> {
  const { channel, parts } = context;
  const { spending, style } = parts;
  const words = spokenText(line, channel.guildId, parts, context.spokenIn);
  const voice = voiceIn(spokenLocale(channel.guildId, parts, context.spokenIn), style);
  const opened = spending.open(speechRequestOf('notice', channel.guildId, words));
  if (opened.kind === 'refused')
    return write(openText(writtenText(line, channel.guildId, parts)), context);
  using reservation = opened.reservation;
  const synthesizer = parts.synthesizer.paidBy(reservation);
  try {
    await context.output.speak(signal, async (reply) => {
      for await (const pcm of inTime(synthesizer, words, voice, parts.clock, signal)) {
        await reply.write(pcm, words, signal);
      }
      reply.end();
      await context.output.played(reply, signal);
      if (context.output.isStuck)
        throw stageLate('speak', 'Nothing of a sentence left for the room.');
    });
  } catch (error) {
    if (signal.aborted || !(error instanceof BotError)) throw error;
    write(openText(writtenText(line, channel.guildId, parts)), context);
  }
}
