import { BotError } from '#src/base/errors.ts';
import { MessageBudget, messageLimits } from './message-budget.ts';
import { countLines } from './message-lines.ts';

export type LimitedFetchOptions = {
  readonly nowMs: () => number;
  /** Told once a server has sent more than it may. */
  readonly onFlood: (error: BotError) => void;
};

/**
 * `fetch` that stays with its host, whatever that answers, and takes no more bytes of one answer, nor lines of streams in a
 * while, than `messageLimits` allows: the SDK reads whatever comes.
 */
export function limitedFetch({ nowMs, onFlood }: LimitedFetchOptions): typeof fetch {
  const budget = new MessageBudget();
  return async (input, init) => {
    const response = await fetch(input, { ...init, redirect: 'error' });
    if (!response.body) return response;
    const isStream = response.headers.get('content-type')?.includes('text/event-stream') === true;
    const body = response.body.pipeThrough(
      new TransformStream<Uint8Array, Uint8Array>(
        counting(({ total, bytes, lines }) => {
          const isFine =
            total <= messageLimits.messageBytes &&
            (!isStream || budget.take(bytes, lines, nowMs()));
          if (isFine) return undefined;
          const why = 'A server of tools sent more than it may.';
          const error = new BotError('tool.flooded', true, why);
          onFlood(error);
          return error;
        }),
      ),
    );
    const { status, statusText, headers } = response;
    return new Response(body, { status, statusText, headers });
  };
}

type Transformer = NonNullable<
  ConstructorParameters<typeof TransformStream<Uint8Array, Uint8Array>>[0]
>;
type Count = { readonly total: number; readonly bytes: number; readonly lines: number };

/** Hands on every chunk that `check` says nothing against. */
function counting(check: (count: Count) => Error | undefined): Transformer {
  let total = 0;
  return {
    transform(chunk, controller) {
      total += chunk.length;
      const error = check({ total, bytes: chunk.length, lines: countLines(chunk) });
      if (error) controller.error(error);
      else controller.enqueue(chunk);
    },
  };
}
