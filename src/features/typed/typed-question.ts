import type { DropReason, QueuedQuestion } from '#src/conversation/queue/queued-turn.ts';
import type { TurnUtterance } from '#src/pipeline/pipeline.ts';
import type { AskOutcome } from '#src/ports/command-ports.ts';
import type { PlainTextId } from '#src/texts/texts.ts';

/** The bot sits in no channel. */
export const nowhere: AskOutcome = { kind: 'nowhere' };

/** A question from a typed text or a recording, which is recognised when it is answered. */
export function questionOf(
  all: readonly TurnUtterance[],
  text: string,
  atMs: number,
  how: Pick<QueuedQuestion, 'manner' | 'onOver' | 'report' | 'signal'>,
): QueuedQuestion {
  const known = all.map((one): TurnUtterance => {
    if (!one.isRecording) return one;
    const transcript = async () => {
      const words = await one.transcript();
      question.words = { text: `${text} (${words.text})`.trim(), atMs };
      return words;
    };
    return { ...one, transcript };
  });
  const said = known.at(-1);
  if (!said) throw new Error('A typed question holds no utterance.');
  const question: QueuedQuestion = {
    kind: 'question',
    said,
    earlier: known.slice(0, -1),
    endedAtMs: atMs,
    words: { text, atMs },
    ...how,
  };
  return question;
}

/** Message to the asker of a question that is not answered. */
export function droppedFor(why: DropReason): AskOutcome {
  if (why === 'left') return nowhere;
  if (why === 'over') return { kind: 'failed', line: { id: 'generic', with: { code: 'bug' } } };
  return { kind: 'failed', line: { id: drops[why] } };
}

const drops = {
  stopped: 'stop.ok',
  skipped: 'stop.ok',
  withdrawn: 'stop.ok',
  interrupted: 'stop.ok',
  crowded: 'ask.dropped',
  late: 'ask.dropped',
  replaced: 'ask.replaced',
  muted: 'muted.server',
  ending: 'seat.stopped',
  lost: 'panel.reconnecting',
} as const satisfies Readonly<Record<Exclude<DropReason, 'left' | 'over'>, PlainTextId>>;
