import type { Clock } from '#src/base/clock.ts';
import { removeLogin } from '#src/provider/access/server-address.ts';

/**
 * `fetch` closes connections that were idle for 4 s, or for 3 s where the server says that it keeps them 5 s, as Node's:
 * https://github.com/nodejs/undici/blob/main/docs/docs/api/Client.md
 */
const minRoundIntervalMs = 2500;
/** A request may be given up for the next one, which needs a connection then. */
const connectionsPerServer = 2;
const keepWarmMs = 12_000;
const openTimeoutMs = 5000;
/** A server that answers so soon needs no connection ahead of need. */
const nearMs = 20;

/**
 * Keeps connections open before `fetch` needs them, by OPTIONS requests without a key, at most each 2.5 s for 12 s
 * after the last call.
 *
 * A cold connection costs three round trips.
 */
export class WarmConnections implements Disposable {
  readonly #clock: Clock;
  readonly #over = new AbortController();
  readonly #addressByOrigin: ReadonlyMap<string, string>;
  /** Addresses that answer near and refuse OPTIONS. */
  readonly #refusing = new Set<string>();
  #lastRoundMs = -Infinity;
  #warmUntilMs = 0;
  #isRunning = false;

  constructor(baseUrls: readonly string[], clock: Clock) {
    this.#clock = clock;
    this.#addressByOrigin = new Map(
      baseUrls.map((baseUrl) => [new URL(baseUrl).origin, removeLogin(baseUrl)]),
    );
  }

  /** Opens connections now, and keeps them open for 12 s from now. Never throws and never waits. */
  warm(): void {
    this.#warmUntilMs = this.#clock.nowMs() + keepWarmMs;
    if (!this.#isRunning) void this.#keepOpen();
  }

  /** Ends running requests, and opens no further connection. */
  [Symbol.dispose](): void {
    this.#over.abort();
  }

  async #keepOpen() {
    const clock = this.#clock;
    const { signal } = this.#over;
    this.#isRunning = true;
    for (;;) {
      const dueMs = Math.max(this.#lastRoundMs + minRoundIntervalMs, clock.nowMs());
      if (dueMs > this.#warmUntilMs) break;
      if (dueMs > clock.nowMs()) {
        await clock.sleep(dueMs - clock.nowMs(), signal).catch(() => {});
      }
      if (signal.aborted) break;
      this.#lastRoundMs = clock.nowMs();
      this.#openRound();
    }
    this.#isRunning = false;
  }

  #openRound() {
    for (const address of this.#addressByOrigin.values())
      for (let n = 0; n < connectionsPerServer; n++) void this.#openConnection(address);
  }

  async #openConnection(address: string) {
    if (this.#refusing.has(address)) return;
    const timeout = AbortSignal.timeout(openTimeoutMs);
    const signal = AbortSignal.any([this.#over.signal, timeout]);
    const sentAtMs = this.#clock.nowMs();
    try {
      // After a HEAD Node's `fetch` closes the connection.
      const response = await fetch(address, {
        method: 'OPTIONS',
        redirect: 'manual',
        signal,
      });
      // Further requests would only fill the log of this server.
      const isNear = this.#clock.nowMs() - sentAtMs < nearMs;
      if (response.status >= 400 && isNear) this.#refusing.add(address);
      for await (const _ of response.body ?? []); // A connection stays open only if its answer was read to the end.
    } catch {
      // The next request gets the error.
    }
  }
}
