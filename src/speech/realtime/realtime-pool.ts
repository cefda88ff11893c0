import { type Clock, realClock } from '#src/base/clock.ts';
import { BotError } from '#src/base/errors.ts';
import { runPeriodically } from '#src/base/loops/periodic-task.ts';
import { socketUrl } from '#src/provider/json-socket.ts';
import { type RealtimeOptions, RealtimeSession } from './realtime-session.ts';

type Idle = { readonly session: RealtimeSession; readonly sinceMs: number };

const mostIdle = 4;
const longestIdleMs = 60_000;
/** Servers end a session after an hour. */
const oldestMs = 50 * 60_000;
const tickMs = 5000;
const firstBackOffMs = 5000;
const longestBackOffMs = 60_000;
/** Errors of a server that does not know this address. */
const elsewhere = new Set(['provider.refused', 'provider.bad_key']);

/** Connections to one server, one per speaker. One is always kept ready; at most four others stay idle, each for a minute. */
export class RealtimePool implements Disposable {
  readonly #options: RealtimeOptions;
  readonly #urls: readonly URL[];
  readonly #over = new AbortController();
  #url: URL | undefined;
  #idle: Idle[] = [];
  readonly #leased = new Set<RealtimeSession>();
  /** Being opened, or cleared for the next. */
  readonly #coming = new Set<Promise<void>>();
  #backOffMs = firstBackOffMs;
  #nextTryAtMs = 0;
  /** Whether the server takes hints; only the first connection pays for finding out. */
  #acceptsHints = true;

  constructor(options: RealtimeOptions) {
    this.#options = options;
    this.#urls = addresses(options);
    void this.#tend();
  }

  /** Opens a connection ahead of need, if none waits. Never throws. */
  warm(): void {
    if (this.#idle.length > 0 || this.#coming.size > 0 || this.#over.signal.aborted) return;
    const open = async () => {
      try {
        this.#keep(await this.#open());
      } catch {
        this.#backOff(); // Each lease gets the error.
      }
    };
    this.#await(open());
  }

  /** Leases a connection to one speaker, until given back, with these hints. Errors: BotError `provider.*`. */
  async lease(hints: readonly string[] = []): Promise<RealtimeSession> {
    if (this.#idle.length === 0 && this.#coming.size > 0) await Promise.race(this.#coming);
    let session: RealtimeSession | undefined;
    while (!session?.alive && this.#idle.length > 0) session = this.#idle.pop()?.session;
    if (!session?.alive) session = await this.#open();
    this.#leased.add(session);
    if (this.#acceptsHints)
      session.hint(hints, () => {
        this.#acceptsHints = false;
      });
    return session;
  }

  /** `reusable`: nothing the server may still say about it is outstanding. */
  giveBack(session: RealtimeSession, reusable: boolean): void {
    this.#leased.delete(session);
    this.#await(this.#clean(session, reusable));
  }

  [Symbol.dispose](): void {
    this.#over.abort(new BotError('provider.unreachable', false, 'The recogniser is closed.'));
    for (const { session } of this.#idle.splice(0)) session.close();
    for (const session of this.#leased) session.close();
  }

  #await(coming: Promise<void>): void {
    this.#coming.add(coming);
    void coming.finally(() => this.#coming.delete(coming));
  }

  async #clean(session: RealtimeSession, reusable: boolean): Promise<void> {
    const { signal } = this.#over;
    const clean = reusable && session.alive && (await session.clear(signal).catch(() => false));
    if (clean && !this.#isOld(session)) this.#keep(session);
    else session.close();
  }

  /** Never throws. Ends with the pool. */
  async #tend(): Promise<void> {
    const { alert = () => undefined } = this.#options;
    const run = () => {
      this.#sweep();
      if (this.#leased.size === 0 && this.#clock.nowMs() >= this.#nextTryAtMs) this.warm();
    };
    const [name, clock] = ['connections of the recogniser', this.#clock];
    await runPeriodically({ name, clock, everyMs: tickMs, run, report: alert }, this.#over.signal);
  }

  #sweep(): void {
    const nowMs = this.#clock.nowMs();
    const kept = this.#idle.filter(({ session, sinceMs }, n) => {
      const last = n === this.#idle.length - 1;
      return session.alive && !this.#isOld(session) && (last || nowMs - sinceMs < longestIdleMs);
    });
    for (const idle of this.#idle) if (!kept.includes(idle)) idle.session.close();
    this.#idle = kept;
  }

  #keep(session: RealtimeSession): void {
    this.#backOffMs = firstBackOffMs;
    const unwanted = this.#over.signal.aborted || this.#idle.length >= mostIdle;
    if (unwanted) session.close();
    else this.#idle.push({ session, sinceMs: this.#clock.nowMs() });
  }

  #backOff(): void {
    this.#nextTryAtMs = this.#clock.nowMs() + this.#backOffMs;
    this.#backOffMs = Math.min(2 * this.#backOffMs, longestBackOffMs);
  }

  /** Opens at the address that worked before, else at the first that does. */
  async #open(): Promise<RealtimeSession> {
    const { signal } = this.#over;
    let first: unknown;
    for (const url of this.#url ? [this.#url] : this.#urls) {
      try {
        const session = await RealtimeSession.open(url, this.#options, signal);
        this.#url = url;
        return session;
      } catch (error) {
        first ??= error;
        if (!(error instanceof BotError && elsewhere.has(error.code))) break;
      }
    }
    throw first;
  }

  #isOld(session: RealtimeSession): boolean {
    return this.#clock.nowMs() - session.openedAtMs > oldestMs;
  }

  get #clock(): Clock {
    return this.#options.clock ?? realClock;
  }
}

/** OpenAI refuses a model in the address, speaches insists on one; and a base URL may lack its `/v1`. */
function addresses({ baseUrl, model }: RealtimeOptions): URL[] {
  const intent = { intent: 'transcription' };
  const versioned = /\/v\d+\/?$/.test(new URL(baseUrl).pathname);
  return ['/realtime', ...(versioned ? [] : ['/v1/realtime'])].flatMap((path) => [
    socketUrl(baseUrl, path, intent),
    socketUrl(baseUrl, path, { ...intent, model }),
  ]);
}
