import { clausesOf } from '#src/chat/text/clauses-of.ts';
import type { SessionContext } from '#src/conversation/session-context.ts';
import { readingRequestOf } from '#src/spending/paid-requests.ts';
import { soundOf } from '#src/voice/output/clause-sound.ts';
import type { ArrivedPart, PendingAnswer } from '#src/voice/output/pending-answer.ts';

/**
 * An answer, and what a tool found to be quoted: once it did, the model says nothing more, so that its words do not pass for
 * those of another person. Where there is no money to say it, it is written.
 *
 * Errors: as `answer`; of the voice BotError at the stage `speak`. Aborting `signal` throws `signal.reason`.
 */
export async function* endWithToolQuote(
  answer: AsyncIterable<ArrivedPart>,
  pending: PendingAnswer,
  context: SessionContext,
  signal: AbortSignal,
): AsyncGenerator<ArrivedPart> {
  yield* answer;
  const { quote } = pending;
  if (quote === undefined) return;
  const words = quote.text.textIn(context.channel.channelId) ?? '';
  yield { part: { kind: 'text', text: words }, atMs: context.parts.clock.nowMs() };
  if (!pending.isWritten) yield* spoken(words, pending, context, signal);
}

async function* spoken(
  said: string,
  pending: PendingAnswer,
  { channel, parts }: SessionContext,
  signal: AbortSignal,
): AsyncGenerator<ArrivedPart> {
  const { clock, spending } = parts;
  const arrived = (part: ArrivedPart['part']): ArrivedPart => ({ part, atMs: clock.nowMs() });
  const clauses = clausesOf(said);
  const opened = spending.open(readingRequestOf(said, channel.guildId));
  if (opened.kind === 'refused') {
    for (const text of clauses) yield arrived({ kind: 'unspoken', text });
    return;
  }
  using reservation = opened.reservation;
  const synthesizer = parts.synthesizer.paidBy(reservation);
  const voice = {
    synthesizer: synthesizer.oneVoice?.() ?? synthesizer,
    voice: pending.voice,
    clock,
  };
  for (const clause of clauses) {
    yield arrived({ kind: 'clause', text: clause });
    for await (const pcm of soundOf(clause, voice, signal)) {
      yield arrived({ kind: 'audio', pcm, ofText: clause });
    }
  }
}
