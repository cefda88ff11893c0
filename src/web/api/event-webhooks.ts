import { createHmac, randomUUID } from 'node:crypto';
import { createChildController } from '#src/base/bounded-wait.ts';
import type { Clock } from '#src/base/clock.ts';
import { type RedirectRules, requestOnce } from '#src/sources/fetch/request-once.ts';
import type { ApiTokenStore, TokenInUse } from '#src/web/api/tokens/token-store.ts';
import type { ServerEvents, WrittenEvent } from './event-streams.ts';

export type EventWebhooksOptions = {
  readonly tokens: Pick<ApiTokenStore, 'listInUse'>;
  readonly events: Pick<ServerEvents, 'keepTokens' | 'read'>;
  /** Private addresses must be allowed. */
  readonly rules: RedirectRules;
  readonly clock: Pick<Clock, 'sleep' | 'wallMs'>;
  warn(message: string, cause: unknown): void;
};

type EventListener = TokenInUse & { readonly eventsUrl: string };

const lookMs = 60_000;
const postMs = 10_000;
/** Waits before the second and the third try. */
const pausesMs = [2_000, 10_000];

/**
 * Posts events to the addresses of tokens: JSON, signed with time and id. The operator
 * is told of one that fails three times.
 */
export function openEventWebhooks(options: EventWebhooksOptions) {
  const closing = new AbortController();
  const posting = new Map<string, AbortController>();

  async function readListeners() {
    const { events, tokens } = options;
    // A token may have been revoked while the store cannot be read.
    const inUse = await tokens.listInUse().catch(() => []);
    events.keepTokens(inUse);
    const listeners = inUse.flatMap(({ eventsUrl, ...token }) =>
      eventsUrl === undefined ? [] : [{ ...token, eventsUrl }],
    );
    const wanted = new Set(listeners.map(({ hash }) => hash));
    for (const [hash, ending] of posting) {
      if (wanted.has(hash)) continue;
      ending.abort();
      posting.delete(hash);
    }
    for (const listener of listeners) {
      if (posting.has(listener.hash)) continue;
      const ending = createChildController(closing.signal);
      posting.set(listener.hash, ending);
      void postEvents(listener, ending.signal);
    }
  }

  /** Posts events one by one. A slow address misses some. */
  async function postEvents(listener: EventListener, signal: AbortSignal) {
    while (!signal.aborted) {
      for await (const event of options.events.read(listener, signal))
        await deliverEvent(listener, event, signal);
    }
  }

  async function deliverEvent(
    listener: EventListener,
    event: WrittenEvent,
    signal: AbortSignal,
  ) {
    const id = randomUUID();
    for (let failures = 0; !signal.aborted; failures++) {
      try {
        return await sendEvent(listener, id, event.json, signal);
      } catch (error) {
        const pauseMs = pausesMs[failures];
        if (pauseMs === undefined && !signal.aborted)
          return options.warn(
            `The webhook of the token ${listener.name} failed three times.`,
            error,
          );
        await options.clock.sleep(pauseMs ?? 0, signal).catch(() => undefined);
      }
    }
  }

  /**
   * Posts an event. Throws BotError `source.*`, or an Error for a status other than
   * 2xx.
   */
  async function sendEvent(
    { eventsUrl, hash }: EventListener,
    id: string,
    body: string,
    signal: AbortSignal,
  ) {
    const timeS = `${Math.floor(options.clock.wallMs() / 1_000)}`;
    // `parley-signature` is the HMAC-SHA256 by the token's hash over `id.time.body`,
    // against replays.
    const headers = {
      'content-type': 'application/json',
      'parley-id': id,
      'parley-time': timeS,
      'parley-signature': `sha256=${createHmac('sha256', hash).update(`${id}.${timeS}.${body}`).digest('hex')}`,
      'user-agent': 'Parley',
    };
    const until = AbortSignal.any([signal, AbortSignal.timeout(postMs)]);
    const answer = await requestOnce(new URL(eventsUrl), options.rules, until, {
      post: { headers, body },
    });
    const { statusCode = 0 } = answer;
    answer.destroy();
    if (statusCode < 200 || statusCode > 299)
      throw new Error(`The status is ${statusCode}.`);
  }

  return {
    /** Posts events until disposed. Never rejects. */
    async run() {
      const { signal } = closing;
      while (!signal.aborted) {
        await readListeners();
        await options.clock.sleep(lookMs, signal).catch(() => undefined);
      }
    },
    [Symbol.dispose]() {
      closing.abort();
    },
  };
}
