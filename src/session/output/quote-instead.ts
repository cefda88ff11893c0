import type { ArrivedPart, PendingAnswer } from '#src/session/answering/pending-answer.ts';
import type { SessionDependencies } from '#src/session/dependencies.ts';
import { clausesOf, soundOf } from './read-aloud.ts';
import type { SpeechOutput } from './speech-output.ts';

/** Speaks what is quoted in place of an answer. */
export type QuoteContext = {
  readonly parts: Pick<SessionDependencies, 'clock' | 'synthesizer'>;
  readonly output: Pick<SpeechOutput, 'quotes'>;
};

/**
 * An answer, and what a tool found to be quoted: once it did, the model says nothing more, so that nobody can take its words
 * for those of somebody else.
 *
 * Errors: as `answer`; of the voice BotError at the stage `speak`. Aborting `signal` throws `signal.reason`.
 */
export async function* quoteInstead(
  answer: AsyncIterable<ArrivedPart>,
  pending: Pick<PendingAnswer, 'quote' | 'voice'>,
  { output, parts }: QuoteContext,
  signal: AbortSignal,
): AsyncGenerator<ArrivedPart> {
  yield* answer;
  const { quote } = pending;
  if (quote === undefined) return;
  const { clock, synthesizer } = parts;
  const arrived = (part: ArrivedPart['part']): ArrivedPart => ({ part, atMs: clock.nowMs() });
  output.quotes(quote.aboutIds);
  yield arrived({ kind: 'text', text: quote.text });
  const voice = {
    synthesizer: synthesizer.oneVoice?.() ?? synthesizer,
    voice: pending.voice,
    clock,
  };
  for (const clause of clausesOf(quote.text)) {
    yield arrived({ kind: 'clause', text: clause });
    for await (const pcm of soundOf(clause, voice, signal)) {
      yield arrived({ kind: 'audio', pcm, ofText: clause });
    }
  }
}
