import { BotError } from '#src/base/errors.ts';
import { deadlineError } from '#src/conversation/alerts/answer-deadline-watchdog.ts';
import { writeInChat } from '#src/conversation/alerts/say-or-write.ts';
import { synthesizeInTime } from '#src/conversation/alerts/synthesis-timeout.ts';
import { speechRequestOf } from '#src/conversation/engines/paid-requests.ts';
import {
  spokenLocale,
  spokenText,
  writtenText,
} from '#src/conversation/languages/localized-text.ts';
import type { SessionContext } from '#src/conversation/session-context.ts';
import { openText } from '#src/people/confidential-text.ts';
import { voiceIn } from '#src/pipeline/answer-language.ts';
import type { ReplyFinish, SpokenReply } from '#src/playback/reply/spoken-reply.ts';
import type { TextLine } from '#src/texts/texts.ts';
import type { SpeechOutput } from './speech-output.ts';

/**
 * Says a line in `language` (BCP 47; undefined: the server's), or writes it into the chat where that fails or costs too much.
 * Aborting `signal` falls silent and throws `signal.reason`.
 */
export async function sayOrWrite(
  line: TextLine,
  language: string | undefined,
  context: SessionContext,
  output: SpeechOutput,
  onReply: (reply: SpokenReply) => void,
  signal: AbortSignal,
): Promise<ReplyFinish> {
  const { channel, parts } = context;
  const { spending } = parts;
  const words = spokenText(line, channel.guildId, parts, language);
  const voice = voiceIn(spokenLocale(channel.guildId, parts, language), context.style());
  const opened = spending.open(speechRequestOf('notice', channel.guildId, words));
  const write = () =>
    writeInChat(openText(writtenText(line, channel.guildId, parts)), channel, parts);
  if (opened.kind === 'refused') {
    write();
    return 'empty';
  }
  using reservation = opened.reservation;
  const synthesizer = parts.synthesizer.paidBy(reservation);
  let finish: ReplyFinish = 'cancelled';
  try {
    await output.speak(signal, async (reply) => {
      onReply(reply);
      for await (const pcm of synthesizeInTime(synthesizer, words, voice, parts.clock, signal)) {
        await reply.write(pcm, words, signal);
      }
      reply.end();
      finish = await reply.finish;
      if (output.isStuck)
        throw deadlineError('speak', 'The voice link sent no frame of a sentence.');
    });
  } catch (error) {
    if (signal.aborted || !(error instanceof BotError)) throw error;
    write();
    return 'failed';
  }
  return finish;
}
