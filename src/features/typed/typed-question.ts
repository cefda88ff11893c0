import type { AskOutcome, QuestionSubject } from '#src/conversation/ports/command-ports.ts';
import type { QueuedQuestion } from '#src/conversation/queue/queued-turn.ts';
import type { DropReason, TurnHandle } from '#src/conversation/queue/turn-handle.ts';
import type { TurnUtterance } from '#src/pipeline/pipeline.ts';

/** The bot sits in no channel. */
export const nowhere: AskOutcome = { kind: 'nowhere' };

/** A question from a typed text or a recording, which is known by its words as soon as there are any. */
export function questionOf(
  all: readonly TurnUtterance[],
  text: string,
  atMs: number,
  handle: TurnHandle,
  report: (asking: AskOutcome) => void,
  { manner, placeId }: Pick<QuestionSubject, 'manner' | 'placeId'> = {},
): QueuedQuestion {
  const [said, ...earlier] = all.toReversed();
  if (!said) throw new Error('A typed question holds no utterance.');
  const question: QueuedQuestion = {
    kind: 'question',
    said,
    earlier: earlier.toReversed(),
    endedAtMs: atMs,
    handle,
    placeId,
    manner,
    report,
    words: { text, atMs },
  };
  for (const { pcm, transcript } of all) {
    if (!pcm) continue;
    const recalled = async () => {
      question.words = { text: `${text} (${(await transcript()).text})`.trim(), atMs };
    };
    void recalled().catch(() => undefined); // whoever answers asks again and tells
  }
  return question;
}

/** Message to the asker of a question that is not answered. */
export function droppedFor(why: DropReason): AskOutcome {
  switch (why) {
    case 'stopped':
    case 'skipped':
    case 'withdrawn':
    case 'continued':
    case 'unmeant':
    case 'interrupted':
      return { kind: 'failed', line: { id: 'stop.ok' } };
    case 'crowded':
    case 'late':
      return { kind: 'failed', line: { id: 'ask.dropped' } };
    case 'replaced':
      return { kind: 'failed', line: { id: 'ask.replaced' } };
    case 'muted':
      return { kind: 'failed', line: { id: 'muted.server' } };
    case 'ending':
      return { kind: 'failed', line: { id: 'seat.stopped' } };
    case 'left':
      return nowhere;
    case 'lost':
      return { kind: 'failed', line: { id: 'reconnecting' } };
    case 'over':
      return { kind: 'failed', line: { id: 'generic', with: { code: 'bug' } } };
  }
}
