import { createHmac, randomUUID } from 'node:crypto';
import { createChildController } from '#src/base/bounded-wait.ts';
import type { Clock } from '#src/base/clock.ts';
import { type RedirectRules, requestOnce } from '#src/sources/fetch/request-once.ts';
import type { ApiTokenStore, TokenInUse } from '#src/stores/api-tokens.ts';
import type { ServerEvents, WrittenEvent } from './event-streams.ts';

/** Objects that posting events needs. */
export type EventWebhooksDeps = {
  readonly tokens: Pick<ApiTokenStore, 'listInUse'>;
  readonly events: Pick<ServerEvents, 'keepTokens' | 'read'>;
  /** Private addresses must be allowed. */
  readonly rules: RedirectRules;
  readonly clock: Pick<Clock, 'sleep' | 'wallMs'>;
  /** Tells the operator of an address that fails. Never throws. */
  warn(message: string, cause: unknown): void;
};

type EventListener = TokenInUse & { readonly eventsUrl: string };

const lookMs = 60_000;
const postMs = 10_000;
/** Waits before the second and the third try. */
const pausesMs = [2_000, 10_000];

/**
 * Posts events to the addresses of tokens: JSON, signed with time and id. The operator is told of an address that
 * fails three times.
 */
export class EventWebhooks implements Disposable {
  readonly #deps;
  readonly #closing = new AbortController();
  /** Controllers of the addresses that are posted to, by the hash of the token. */
  readonly #postings = new Map<string, AbortController>();

  constructor(deps: EventWebhooksDeps) {
    this.#deps = deps;
  }

  /** Posts events until disposed. Never rejects. */
  async run(): Promise<void> {
    const { signal } = this.#closing;
    while (!signal.aborted) {
      await this.#readListeners();
      await this.#deps.clock.sleep(lookMs, signal).catch(() => undefined);
    }
  }

  /** Ends `run` and the requests that are open. */
  [Symbol.dispose](): void {
    this.#closing.abort();
  }

  async #readListeners() {
    const { events, tokens } = this.#deps;
    // A token may have been revoked while the store cannot be read.
    const inUse = await tokens.listInUse().catch(() => []);
    events.keepTokens(inUse);
    const listeners = inUse.flatMap(({ eventsUrl, ...token }) =>
      eventsUrl === undefined ? [] : [{ ...token, eventsUrl }],
    );
    this.#endOtherPostings(listeners);
    for (const listener of listeners) {
      if (this.#postings.has(listener.hash)) continue;
      const ending = createChildController(this.#closing.signal);
      this.#postings.set(listener.hash, ending);
      void this.#postEvents(listener, ending.signal);
    }
  }

  #endOtherPostings(listeners: readonly EventListener[]) {
    const listeningHashes = new Set(listeners.map(({ hash }) => hash));
    for (const [hash, ending] of this.#postings) {
      if (listeningHashes.has(hash)) continue;
      ending.abort();
      this.#postings.delete(hash);
    }
  }

  /** Posts events one by one. A slow address misses some. */
  async #postEvents(listener: EventListener, signal: AbortSignal) {
    while (!signal.aborted) {
      for await (const event of this.#deps.events.read(listener, signal))
        await this.#deliverEvent(listener, event, signal);
    }
  }

  async #deliverEvent(
    listener: EventListener,
    event: WrittenEvent,
    signal: AbortSignal,
  ) {
    const { clock } = this.#deps;
    const id = randomUUID();
    for (let failures = 0; !signal.aborted; failures++) {
      try {
        return await this.#sendEvent(listener, id, event.json, signal);
      } catch (error) {
        const pauseMs = pausesMs[failures];
        if (pauseMs === undefined && !signal.aborted)
          return this.#deps.warn(
            `The webhook of the token ${listener.name} failed three times.`,
            error,
          );
        await clock.sleep(pauseMs ?? 0, signal).catch(() => undefined);
      }
    }
  }

  /**
   * Posts an event. Throws BotError `source.*`, or an Error for a status other than
   * 2xx.
   */
  async #sendEvent(
    { eventsUrl, hash }: EventListener,
    id: string,
    body: string,
    signal: AbortSignal,
  ) {
    const { clock, rules } = this.#deps;
    const timeS = `${Math.floor(clock.wallMs() / 1_000)}`;
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
    const response = await requestOnce(new URL(eventsUrl), rules, until, {
      post: { headers, body },
    });
    const { statusCode = 0 } = response;
    response.destroy();
    if (statusCode < 200 || statusCode > 299)
      throw new Error(`The status is ${statusCode}.`);
  }
}
