import type { ReplyPart } from '#src/pipeline/pipeline.ts';
import type { SpokenReply } from '#src/playback/spoken-reply.ts';
import type { Instants } from './events.ts';

type Writable<T> = { -readonly [K in keyof T]: T[K] };

/** What has come of an answer so far; filled while it streams, so that a failure loses nothing of it. */
export type Progress = { text: string; readonly instants: Writable<Instants> };

export function unanswered(heardAtMs: number, endedAtMs: number): Progress {
  return { text: '', instants: { heardAtMs, endedAtMs } };
}

/**
 * Puts an answer on its track as it arrives. Waits where the track is full.
 *
 * Errors: what the pipeline throws. Aborting `signal` throws `signal.reason`.
 */
export async function speakAnswer(
  parts: AsyncIterable<ReplyPart>,
  reply: SpokenReply,
  progress: Progress,
  nowMs: () => number,
  signal: AbortSignal,
): Promise<void> {
  const { instants } = progress;
  for await (const part of parts) {
    switch (part.kind) {
      case 'text':
        instants.firstTokenAtMs ??= nowMs();
        progress.text += part.text;
        break;
      case 'clause':
        instants.firstClauseAtMs ??= nowMs();
        break;
      case 'audio':
        instants.firstSpeechAtMs ??= nowMs();
        await reply.write(part.pcm, part.ofText, signal);
        break;
      case 'tool':
      case 'usage':
        break;
    }
  }
}
