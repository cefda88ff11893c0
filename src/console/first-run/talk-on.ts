import type { LineHandler } from '#src/console/prompt/line-handler.ts';
import type { ConversationPrinter } from './show.ts';

/** Lines under way at a terminal; a further one has to be typed again. */
const underWayLimit = 16;

/** One line after the other, each awaited with all that comes of it. Errors: bugs. Aborting `signal` throws its reason. */
export async function handleInTurn(
  lines: AsyncIterable<string>,
  handler: LineHandler,
  show: ConversationPrinter,
  signal: AbortSignal,
): Promise<void> {
  for await (const line of lines) {
    const words = line.trim();
    if (words === '') continue;
    show.title(`> ${words}`);
    await handler.handle(words, signal);
  }
  signal.throwIfAborted();
}

/**
 * Lines as they are typed: the next may come while one is still spoken or answered, as a `/stop` does.
 *
 * Whatever is under way when the lines end is left. Errors: bugs. Aborting `signal` throws its reason.
 */
export async function handleAsTyped(
  read: (signal: AbortSignal) => AsyncIterable<string>,
  lines: LineHandler,
  show: ConversationPrinter,
  signal: AbortSignal,
): Promise<void> {
  const left = new AbortController();
  const either = AbortSignal.any([signal, left.signal]);
  const bugs: unknown[] = [];
  const underWay = new Set<Promise<void>>();
  for await (const line of read(either)) {
    const words = line.trim();
    if (words === '') continue;
    if (underWay.size >= underWayLimit) {
      show.note('Too much at once; type that again in a moment.');
      continue;
    }
    const work = lines
      .handle(words, either)
      .catch((error: unknown) => {
        if (either.aborted) return;
        bugs.push(error);
        left.abort(error);
      })
      .finally(() => underWay.delete(work));
    underWay.add(work);
  }
  left.abort(new Error('left the console'));
  if (bugs.length > 0) throw bugs[0];
  signal.throwIfAborted();
}
