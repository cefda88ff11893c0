import { type Clock, realClock } from '#src/base/clock.ts';
import { BotError } from '#src/base/errors.ts';
import { unlessAborted } from '#src/base/waiting.ts';
import type { JsonSocket } from './json-socket.ts';
import { type LinkOptions, openRealtimeLink } from './realtime-link.ts';

export type RealtimePoolOptions = LinkOptions & {
  /** Number of unused connections that `warm` opens. */
  readonly ready: number;
};

const longestIdleMs = 60_000;
/** Servers end a session after an hour. */
const oldestMs = 50 * 60_000;

/** Connections to one server with the same settings, each used by one at a time; an unused one is closed after a minute. */
export class RealtimePool implements Disposable {
  readonly #options: RealtimePoolOptions;
  readonly #clock: Clock;
  readonly #over = new AbortController();
  #urls: readonly URL[];
  /** Unused connections, with their timers. */
  readonly #idle = new Map<JsonSocket, () => void>();
  readonly #leased = new Set<JsonSocket>();
  readonly #opening = new Set<Promise<void>>();

  constructor(options: RealtimePoolOptions) {
    this.#options = options;
    this.#clock = options.clock ?? realClock;
    this.#urls = options.urls;
  }

  get isIdle(): boolean {
    return this.#leased.size === 0;
  }

  /** Opens connections ahead of need. Never throws and never waits. */
  warm(): void {
    if (this.#over.signal.aborted) return;
    for (let n = this.#idle.size + this.#opening.size; n < this.#options.ready; n++) {
      const opening = this.#openAhead();
      this.#opening.add(opening);
      void opening.then(() => this.#opening.delete(opening));
    }
  }

  /** Leases a connection, until it is given back. Errors: BotError `provider.*`. Aborting `signal` throws its reason. */
  async lease(signal: AbortSignal): Promise<JsonSocket> {
    const leasing = this.#lease();
    try {
      return await unlessAborted(leasing, signal);
    } catch (cause) {
      const unwanted = (link: JsonSocket) => this.giveBack(link, true);
      leasing.then(unwanted, () => undefined); // each caller gets the error
      throw cause;
    }
  }

  /** `isReusable`: the server has nothing more to say about its use. */
  giveBack(link: JsonSocket, isReusable: boolean): void {
    this.#leased.delete(link);
    if (isReusable) this.#keep(link);
    else link.close();
  }

  [Symbol.dispose](): void {
    this.#over.abort(new BotError('provider.unreachable', false, 'The connections are closed.'));
    for (const link of [...this.#idle.keys(), ...this.#leased]) this.#drop(link);
  }

  async #lease(): Promise<JsonSocket> {
    while (this.#idle.size === 0 && this.#opening.size > 0) await Promise.race(this.#opening);
    let [link] = this.#idle.keys();
    while (link && !link.alive) {
      this.#drop(link);
      [link] = this.#idle.keys();
    }
    const leased = link ?? (await this.#open());
    this.#idle.get(leased)?.();
    this.#idle.delete(leased);
    this.#leased.add(leased);
    return leased;
  }

  async #openAhead(): Promise<void> {
    const link = await this.#open().catch(() => undefined); // each lease gets the error
    if (link) this.#keep(link);
  }

  #keep(link: JsonSocket): void {
    link.detach();
    const isOld = this.#clock.nowMs() - link.openedAtMs > oldestMs;
    if (!link.alive || isOld || this.#over.signal.aborted) link.close();
    else
      this.#idle.set(
        link,
        this.#clock.later(longestIdleMs, () => this.#drop(link)),
      );
  }

  #drop(link: JsonSocket): void {
    this.#idle.get(link)?.();
    this.#idle.delete(link);
    link.close();
  }

  /** Opens at the address that worked before, else at the first that does. */
  async #open(): Promise<JsonSocket> {
    const options = { ...this.#options, urls: this.#urls };
    const link = await openRealtimeLink(options, this.#over.signal);
    this.#urls = [link.url];
    return link;
  }
}
