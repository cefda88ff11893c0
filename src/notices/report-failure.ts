import type { BotError, FailureStage } from '#src/base/errors.ts';
import { ConfidentialText, openText } from '#src/people/confidential-text.ts';
import { failureEventOf } from '#src/ports/failure-event.ts';
import type { ChannelRef } from '#src/ports/voice-link.ts';
import type { SpeechVoice } from '#src/speech/ports.ts';
import { languageName } from '#src/texts/language-names.ts';
import type { TextLine } from '#src/texts/texts.ts';
import { type ChannelFailure, failureText } from './failure-text.ts';
import { writtenText } from './localized-text.ts';
import { type WritingParts, writeInChat } from './say-or-write.ts';

/** Voice channel, and the parts that write there about the chat model `chatName`. */
type FailingChannel = {
  readonly channel: ChannelRef;
  readonly parts: WritingParts & { readonly chatName: string };
};

/** Session whose channel is told of failures. */
type FailingSession = FailingChannel & {
  readonly notice: (line: TextLine, holds?: () => boolean) => void;
  readonly talk: {
    isNewFailure(failure: ChannelFailure): boolean;
    isFailing(failure: ChannelFailure): boolean;
  };
};

/** Kind of a failure for the channel, which is told once of each. */
export function failureKindOf(
  failure: BotError,
  parts: FailingChannel['parts'],
): FailureStage | 'key' {
  return failureText(failure, parts).id === 'fail.key' ? 'key' : (failure.stage ?? 'think');
}

/** Reports a text that had no sound and is written: the operator reads the cause, the channel once that a key is refused. */
export function reportUnsaid(failure: BotError, context: FailingSession): void {
  const { channel, notice, parts, talk } = context;
  parts.onEvent(channel.guildId, failureEventOf(failure, failure.stage ?? 'speak'));
  const kind = failureKindOf(failure, parts);
  const isNews = talk.isNewFailure(kind) && kind === 'key';
  if (isNews) notice(failureText(failure, parts), () => talk.isFailing(kind));
}

/** Writes that an utterance which may have been for the bot was not recognised. */
export function writeUnrecognised(failure: BotError, { channel, parts }: FailingChannel): void {
  const failureLine = failureText(failure, parts);
  const line: TextLine = failureLine.id === 'fail.llm' ? { id: 'fail.stt' } : failureLine;
  writeInChat(openText(writtenText(line, channel.guildId, parts)), channel, parts);
}

/**
 * Writes words that could not be said, since the voice failed, or none speaks their `language` (BCP 47); the reason is written
 * once for each fault. Waits for nothing.
 */
export function writeUnspeakable(
  words: ConfidentialText,
  context: FailingSession,
  language?: string,
): void {
  const { channel, parts, talk } = context;
  const { guildId } = channel;
  const isFirst = talk.isNewFailure(language ? `no voice for ${language}` : 'speak');
  const name = language && languageName(language, parts.places.localeIn(guildId));
  const why: TextLine = name
    ? { id: 'voice.language.none', with: { language: name } }
    : { id: 'fail.tts' };
  const reason = openText(writtenText(why, guildId, parts));
  writeInChat(isFirst ? ConfidentialText.joined([reason, words], ' ') : words, channel, parts);
}

/** Tells the channel once that a voice is gone and the usual one speaks. */
function reportGoneVoice(voice: string, { notice, talk }: FailingSession): void {
  if (talk.isNewFailure(`no voice ${voice}`)) notice({ id: 'voice.gone', with: { voice } });
}

/** Told of a voice of the bot that is gone. A model that speaks has voices of its own, which the reader of texts need not have. */
export function chosenVoiceGone(
  context: FailingSession & { readonly settings: () => { readonly pipeline: string } },
): SpeechVoice['onGone'] {
  return (voice, of) => {
    const isMissed = of === 'model' || context.settings().pipeline === 'chained';
    if (isMissed) reportGoneVoice(voice, context);
  };
}

/** A voice that a person has chosen; without one, that of the bot. */
export function chosenVoice(name: string | undefined, context: FailingSession): SpeechVoice {
  if (name === undefined) return {};
  return { name, onGone: (gone) => reportGoneVoice(gone, context) };
}
