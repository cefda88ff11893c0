import { BotError } from '#src/base/errors.ts';
import { JsonMeter } from '#src/base/json.ts';
import { checkedMessage, MessageBudget, messageLimits } from './message-budget.ts';
import { countLines } from './message-lines.ts';

export type LimitedFetchOptions = {
  readonly nowMs: () => number;
  /** Told once a server has sent more than it may. */
  readonly onFlood: (error: BotError) => void;
};

/**
 * `fetch` that stays with its host, whatever that answers, and takes no larger message, nor more of streams in a while, than
 * servers may send: the SDK reads whatever comes.
 */
export function limitedFetch({ nowMs, onFlood }: LimitedFetchOptions): typeof fetch {
  const budget = new MessageBudget();
  return async (input, init) => {
    if (typeof init?.body === 'string') checkedMessage(init.body);
    const response = await fetch(input, { ...init, redirect: 'error' });
    if (!response.body) return response;
    const [type = ''] = (response.headers.get('content-type') ?? '').split(';');
    const isStream = type.trim().toLowerCase() === 'text/event-stream';
    const meter = new JsonMeter(messageLimits, { isStream });
    const flood = (what: string) => {
      const error = new BotError('tool.flooded', true, `A server of tools ${what}.`);
      onFlood(error);
      return error;
    };
    const body = response.body.pipeThrough(
      new TransformStream<Uint8Array, Uint8Array>({
        transform(chunk, controller) {
          const isFine = !isStream || budget.take(chunk.length, countLines(chunk), nowMs());
          const excess = meter.push(chunk);
          if (!isFine) controller.error(flood('sent more messages than it may'));
          else if (excess) controller.error(flood(`sent ${excess.words}`));
          else controller.enqueue(chunk);
        },
      }),
    );
    const { status, statusText, headers } = response;
    return new Response(body, { status, statusText, headers });
  };
}
