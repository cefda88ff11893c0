import type { TextOwner } from '#src/people/confidential-text.ts';
import type { SpokenReply } from '#src/playback/reply/spoken-reply.ts';
import type { AnswerFinish, Instants } from '#src/ports/session-events.ts';
import type { ArrivedPart } from './pending-answer.ts';

type Writable<T> = { -readonly [K in keyof T]: T[K] };

/** Content of an answer so far; filled while it streams, so that a failure loses nothing of it. */
export type AnswerProgress = {
  text: string;
  /** Text that is to be read, not heard. */
  aside?: string;
  /** All of its text was written: it counts like text that was heard. */
  isWritten?: boolean;
  readonly instants: Writable<Instants>;
};

/** An answer that is over. */
export type FinishedAnswer = {
  readonly reply: SpokenReply;
  readonly progress: AnswerProgress;
  readonly finish: AnswerFinish;
  readonly owner: TextOwner;
};

export function unanswered(heardAtMs: number, endedAtMs: number): AnswerProgress {
  return { text: '', instants: { heardAtMs, endedAtMs } };
}

/**
 * Puts an answer on its track as it arrives. Waits where the track is full.
 *
 * Errors: what the pipeline throws. Aborting `signal` throws `signal.reason`.
 */
export async function playAnswer(
  parts: AsyncIterable<ArrivedPart>,
  reply: SpokenReply,
  progress: AnswerProgress,
  signal: AbortSignal,
): Promise<void> {
  const { instants } = progress;
  for await (const { part, atMs } of parts) {
    switch (part.kind) {
      case 'text':
        instants.firstTokenAtMs ??= atMs;
        progress.text += part.text;
        break;
      case 'clause':
        instants.firstClauseAtMs ??= atMs;
        break;
      case 'audio':
        instants.firstSpeechAtMs ??= atMs;
        await reply.write(part.pcm, part.ofText, signal);
        break;
      case 'aside':
        progress.aside = part.text;
        break;
      case 'unspoken':
      case 'tool':
      case 'usage':
        break;
    }
  }
}
