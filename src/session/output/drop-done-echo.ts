import type { ArrivedPart, PendingAnswer } from '#src/session/answering/pending-answer.ts';
import type { SessionContext } from '#src/session/context.ts';
import type { QueuedQuestion } from '#src/session/queue/queued-turn.ts';
import { isDoneEcho } from '#src/turn/answer-wording.ts';

/**
 * Drops the last few words of an answer ("Done.") where all that was asked aloud was done and shows by itself.
 *
 * Longer words are an answer to something else and come whole.
 */
export async function* dropDoneEcho(
  answer: AsyncIterable<ArrivedPart>,
  question: QueuedQuestion,
  pending: PendingAnswer,
): AsyncGenerator<ArrivedPart> {
  const isAloud = !question.tell;
  let held: readonly ArrivedPart[] = [];
  let chars = 0;
  for await (const arrived of answer) {
    const { part } = arrived;
    if (pending.isDone && part.kind === 'text') chars += part.text.length;
    const isEcho = pending.isDone && isAloud && isDoneEcho(question.words?.text ?? '', chars);
    held = [...held, arrived];
    if (isEcho) continue;
    for (const one of held) yield one;
    held = [];
  }
}

/** One soft tick in place of words. */
export function tick({ cuePlayer, parts, settings }: SessionContext): void {
  if (settings().cues !== 'off') void cuePlayer.play(parts.cues.thinking);
}
