import { BotError } from '#src/base/errors.ts';
import type { SessionContext } from '#src/conversation/session-context.ts';
import { writeUnspeakable } from '#src/notices/report-failure.ts';
import { writeToPeople } from '#src/notices/say-or-write.ts';
import type { ArrivedPart, PendingAnswer } from '#src/voice/output/pending-answer.ts';
import type { AnswerProgress } from '#src/voice/output/play-answer.ts';

/** An answer so far, and the people who may know it. */
type WrittenAnswer = {
  readonly progress: AnswerProgress;
  readonly pending: PendingAnswer;
  /** People for whom it is written in any case, with a mention. */
  readonly writtenTo: readonly string[];
};

/**
 * Passes the parts of a reply on and writes the whole answer at its end, where a part of it had no sound.
 *
 * Errors: as `parts`, but only once it is written. Aborting `signal` writes nothing.
 */
export async function* writeUnspoken(
  parts: AsyncIterable<ArrivedPart>,
  { pending, progress, writtenTo }: WrittenAnswer,
  context: SessionContext,
  signal: AbortSignal,
): AsyncGenerator<ArrivedPart> {
  let hasSound = false;
  let isUnspoken = false;
  let language: string | undefined;
  const write = () => {
    const text = progress.text.trim();
    if (signal.aborted || text === '') return;
    const words = pending.written(text);
    if (writtenTo.length > 0) writeToPeople(writtenTo, words, context);
    else if (isUnspoken) writeUnspeakable(words, context, language);
    progress.isWritten = writtenTo.length > 0 || isUnspoken;
  };
  try {
    for await (const arrived of parts) {
      const { part } = arrived;
      yield arrived;
      hasSound ||= part.kind === 'audio';
      if (part.kind !== 'unspoken') continue;
      isUnspoken = true;
      language = part.language;
    }
  } catch (error) {
    isUnspoken ||= error instanceof BotError && error.stage === 'speak';
    write();
    throw error;
  }
  write();
  if (hasSound && !isUnspoken) context.talk.voiceWorks();
}
