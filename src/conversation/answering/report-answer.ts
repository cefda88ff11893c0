import type { Utterances } from '#src/conversation/hearing/utterances.ts';
import { askersOf } from '#src/conversation/machine/questions.ts';
import type { PersonId, TurnState } from '#src/conversation/machine/state.ts';
import type { SessionContext } from '#src/conversation/session-context.ts';
import type { SpokenReply } from '#src/playback/reply/spoken-reply.ts';
import { failureEventOf } from '#src/ports/failure-event.ts';
import type { FinishedAnswer } from '#src/voice/output/play-answer.ts';

/** Content and end of an answer. */
type AnswerReport = Pick<FinishedAnswer, 'finish' | 'progress'> & {
  readonly reply?: SpokenReply | undefined;
};

/** Reports an answer that is over to listeners, once for each person who asked. */
export function reportAnswer(
  turn: TurnState,
  report: AnswerReport,
  context: SessionContext,
  utterances: Pick<Utterances, 'find'>,
): void {
  for (const by of askersOf(turn)) reportTo(by, turn, report, context, utterances);
}

function reportTo(
  speakerId: PersonId,
  turn: TurnState,
  { finish, progress, reply }: AnswerReport,
  { channel, parts, preemptiveBudget }: SessionContext,
  utterances: Pick<Utterances, 'find'>,
): void {
  const asked = [turn, ...turn.duplicates].find(({ by }) => by === speakerId) ?? turn;
  const { end, failure, words } = utterances.find(asked.parts.at(-1)?.utterance ?? 0) ?? {};
  const firstSentAtMs = reply?.firstSentAtMs;
  if (words === undefined && failure !== undefined) {
    if (firstSentAtMs === undefined) return;
    parts.onEvent(channel.guildId, failureEventOf(failure, 'recognise'));
  }
  parts.onEvent(channel.guildId, {
    kind: 'answered',
    speakerId,
    name: asked.name,
    text: progress.text,
    heardText: reply?.heardText() ?? '',
    finish,
    typed: asked.request === undefined ? undefined : true,
    vainShare: preemptiveBudget.share,
    instants: {
      ...progress.instants,
      heardAtMs: end?.whole.toMs ?? turn.voiceMs,
      endedAtMs: end?.endedAtMs ?? turn.endedMs,
      recognisedAtMs: words?.atMs,
      firstSentAtMs,
    },
  });
}
