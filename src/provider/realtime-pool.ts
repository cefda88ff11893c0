import type { AlertChange } from '#src/base/alerts.ts';
import { type Clock, realClock } from '#src/base/clock.ts';
import { BotError } from '#src/base/errors.ts';
import { runPeriodically } from '#src/base/loops/periodic-task.ts';
import { unlessAborted } from '#src/base/waiting.ts';
import { type LinkOptions, RealtimeLink } from './realtime-link.ts';

export type PoolOptions = LinkOptions & {
  /** For alerts. */
  readonly name: string;
  /** Number of connections that are kept open, used ones included. */
  readonly ready: number;
  readonly alert?: (change: AlertChange) => void;
};

type Idle = { readonly link: RealtimeLink; readonly sinceMs: number };

const mostIdle = 4;
const longestIdleMs = 60_000;
/** Servers end a session after an hour. */
const oldestMs = 50 * 60_000;
const tickMs = 5000;
const firstBackOffMs = 5000;
const longestBackOffMs = 60_000;

/** Connections to one server with the same settings, each used by one at a time; at most four idle ones stay for a minute. */
export class RealtimePool implements Disposable {
  readonly #options: PoolOptions;
  readonly #clock: Clock;
  readonly #over = new AbortController();
  #urls: readonly URL[];
  #idle: Idle[] = [];
  readonly #leased = new Set<RealtimeLink>();
  /** Being opened, or cleared for the next. */
  readonly #coming = new Set<Promise<void>>();
  #backOffMs = firstBackOffMs;
  #nextTryAtMs = 0;

  constructor(options: PoolOptions) {
    this.#options = options;
    this.#clock = options.clock ?? realClock;
    this.#urls = options.urls;
    void this.#tend();
  }

  get isIdle(): boolean {
    return this.#leased.size === 0;
  }

  /** Opens connections ahead of need, up to the number that is kept. Never throws and never waits. */
  warm(): void {
    if (this.#over.signal.aborted || this.#clock.nowMs() < this.#nextTryAtMs) return;
    const open = this.#idle.length + this.#leased.size + this.#coming.size;
    for (let n = open; n < this.#options.ready; n++) this.#await(this.#openAhead());
  }

  /** Leases a connection, until it is given back. Errors: BotError `provider.*`. Aborting `signal` throws its reason. */
  async lease(signal: AbortSignal): Promise<RealtimeLink> {
    const leasing = this.#lease();
    try {
      return await unlessAborted(leasing, signal);
    } catch (cause) {
      const unwanted = (link: RealtimeLink) => this.giveBack(link, true);
      leasing.then(unwanted, () => undefined); // each caller gets the error
      throw cause;
    }
  }

  /** `isClean`: whether the server is done with its use; it never rejects. Never throws and never waits. */
  giveBack(link: RealtimeLink, isClean: boolean | Promise<boolean>): void {
    this.#leased.delete(link);
    this.#await(this.#take(link, isClean));
  }

  [Symbol.dispose](): void {
    this.#over.abort(new BotError('provider.unreachable', false, 'The connections are closed.'));
    for (const { link } of this.#idle.splice(0)) link.close();
    for (const link of this.#leased) link.close();
  }

  async #lease(): Promise<RealtimeLink> {
    while (this.#idle.length === 0 && this.#coming.size > 0) await Promise.race(this.#coming);
    let link: RealtimeLink | undefined;
    while (!this.#isGood(link) && this.#idle.length > 0) {
      link?.close();
      link = this.#idle.pop()?.link;
    }
    const leased = link && this.#isGood(link) ? link : await this.#open();
    this.#leased.add(leased);
    return leased;
  }

  async #openAhead(): Promise<void> {
    try {
      this.#keep(await this.#open());
    } catch {
      this.#nextTryAtMs = this.#clock.nowMs() + this.#backOffMs; // each lease gets the error
      this.#backOffMs = Math.min(2 * this.#backOffMs, longestBackOffMs);
    }
  }

  async #take(link: RealtimeLink, isClean: boolean | Promise<boolean>): Promise<void> {
    const isUsable = (await isClean) && this.#isGood(link);
    if (isUsable) this.#keep(link);
    else link.close();
  }

  #await(coming: Promise<void>): void {
    this.#coming.add(coming);
    void coming.then(() => this.#coming.delete(coming));
  }

  /** Never throws. Ends with the pool. */
  async #tend(): Promise<void> {
    const { alert = () => undefined, name } = this.#options;
    const run = () => {
      this.#sweep();
      this.warm();
    };
    const task = { name, clock: this.#clock, everyMs: tickMs, run, report: alert };
    await runPeriodically(task, this.#over.signal);
  }

  #sweep(): void {
    const { ready } = this.#options;
    const oldestMs = this.#clock.nowMs() - longestIdleMs;
    const kept = this.#idle.filter(({ link, sinceMs }, n) => {
      const isNeeded = n >= this.#idle.length - ready;
      return this.#isGood(link) && (isNeeded || sinceMs > oldestMs);
    });
    for (const idle of this.#idle) if (!kept.includes(idle)) idle.link.close();
    this.#idle = kept;
  }

  #keep(link: RealtimeLink): void {
    link.detach();
    this.#backOffMs = firstBackOffMs;
    const unwanted = this.#over.signal.aborted || this.#idle.length >= mostIdle;
    if (unwanted) link.close();
    else this.#idle.push({ link, sinceMs: this.#clock.nowMs() });
  }

  /** Opens at the address that worked before, else at the first that does. */
  async #open(): Promise<RealtimeLink> {
    const options = { ...this.#options, urls: this.#urls };
    const link = await RealtimeLink.open(options, this.#over.signal);
    this.#urls = [link.url];
    return link;
  }

  #isGood(link: RealtimeLink | undefined): boolean {
    return link?.alive === true && this.#clock.nowMs() - link.openedAtMs <= oldestMs;
  }
}
