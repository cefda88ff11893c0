import type { Transcriber } from '#src/speech/ports.ts';

/**
 * The recogniser that is used where money for captions is short, opened when it is first asked: it takes about 80 MB. One
 * that could not be opened is tried again.
 */
export function roughTranscriberOf(open: () => Promise<Transcriber>): Transcriber {
  let opened: Promise<Transcriber> | undefined;
  return {
    async *transcribe(pcm, signal) {
      opened ??= open();
      const opening = opened;
      opening.catch(() => {
        if (opened === opening) opened = undefined;
      });
      const transcriber = await opening;
      signal.throwIfAborted();
      yield* transcriber.transcribe(pcm, signal);
    },
  };
}
