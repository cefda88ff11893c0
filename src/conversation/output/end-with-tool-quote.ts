import { speechRequestOf } from '#src/conversation/engines/cost-estimate-requests.ts';
import type { ArrivedPart, PendingAnswer } from '#src/conversation/engines/pending-answer.ts';
import { spokenText } from '#src/conversation/languages/localized-text.ts';
import { withDuplicates } from '#src/conversation/queue/duplicate-questions.ts';
import type { QueuedQuestion } from '#src/conversation/queue/queued-turn.ts';
import { speakerOf } from '#src/conversation/queue/queued-turn.ts';
import type { SpeakingContext } from '#src/conversation/session-context.ts';
import { anybody, peopleReading } from '#src/people/confidential-text.ts';
import { channelAudience } from './channel-audience.ts';
import { clausesOf, soundOf } from './read-aloud.ts';

type QuotingAnswer = {
  readonly question: QueuedQuestion;
  readonly pending: PendingAnswer;
};

/**
 * An answer, and what a tool found to be quoted: once it did, the model says nothing more, so that its words do not pass for
 * those of another person. It is said if all who are there by then may know it; whoever asked in writing reads it anyway.
 * Where there is no money to say it, it is written.
 *
 * Errors: as `answer`; of the voice BotError at the stage `speak`. Aborting `signal` throws `signal.reason`.
 */
export async function* endWithToolQuote(
  answer: AsyncIterable<ArrivedPart>,
  { question, pending }: QuotingAnswer,
  context: SpeakingContext,
  signal: AbortSignal,
): AsyncGenerator<ArrivedPart> {
  yield* answer;
  const { quote } = pending;
  if (quote === undefined) return;
  const { channel, output, parts } = context;
  const askers = withDuplicates(question).map(speakerOf);
  const notAll = { id: 'ask.not_all' } as const;
  const instead = spokenText(notAll, channel.guildId, parts, context.languages.of(askers[0] ?? ''));
  const shown = quote.text.textFor(peopleReading(askers)) ?? instead;
  const said = quote.text.textFor({ people: channelAudience(context) }) ?? instead;
  output.quotes(quote.aboutIds, said === instead ? anybody : quote.text.knownBy);
  yield { part: { kind: 'text', text: shown }, atMs: parts.clock.nowMs() };
  if (!pending.isWritten) yield* spoken(said, pending, context, signal);
}

async function* spoken(
  said: string,
  pending: PendingAnswer,
  { channel, parts }: SpeakingContext,
  signal: AbortSignal,
): AsyncGenerator<ArrivedPart> {
  const { clock, spending } = parts;
  const arrived = (part: ArrivedPart['part']): ArrivedPart => ({ part, atMs: clock.nowMs() });
  const clauses = clausesOf(said);
  const opened = spending.open(speechRequestOf('reading', channel.guildId, said));
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
