import { waitUnlessAborted } from '#src/base/bounded-wait.ts';
import { type Clock, realClock } from '#src/base/clock.ts';
import { BotError } from '#src/base/errors.ts';
import { toRecord } from '#src/base/json.ts';
import { type SocketOptions, toSocketUrl } from '#src/provider/json-socket.ts';
import { toApiUrl } from '#src/provider/models/standard-models.ts';
import { RealtimeLink } from './realtime-link.ts';
import type { RealtimeMemory } from './realtime-memory.ts';
import type { RealtimeSessionSettings } from './realtime-session.ts';

export type RealtimePoolOptions = RealtimeSocketOptions & {
  readonly maxReady: number;
};

const maxIdleMs = 60_000;
/** Servers end a session after an hour. */
const maxSessionAgeMs = 50 * 60_000;

/** Connections to one server. Each serves one user at a time, and an unused one is closed after a minute. */
export class RealtimePool implements Disposable {
  readonly #options: RealtimePoolOptions;
  readonly #clock: Clock;
  readonly #over = new AbortController();
  /** Unused connections, each with the function that cancels its closing. */
  readonly #idle = new Map<RealtimeLink, () => void>();
  readonly #leased = new Set<RealtimeLink>();
  readonly #opening = new Set<Promise<void>>();
  #urls: readonly URL[];

  constructor(options: RealtimePoolOptions) {
    this.#options = options;
    this.#clock = options.clock ?? realClock;
    this.#urls = options.urls;
  }

  /** Whether no connection is leased. */
  get isIdle(): boolean {
    return this.#leased.size === 0;
  }

  /** Opens connections ahead of need, up to `maxReady` unused ones. Never throws and never waits. */
  warm(): void {
    if (this.#over.signal.aborted) return;
    const { maxReady } = this.#options;
    for (let n = this.#idle.size + this.#opening.size; n < maxReady; n++) {
      // Each lease gets the error.
      const ready = this.#openLink(true).then(
        (link) => this.#keepIdle(link),
        () => undefined,
      );
      this.#opening.add(ready);
      void ready.then(() => this.#opening.delete(ready));
    }
  }

  /** Leases a connection until `endLease`. Throws BotError `provider.*`. */
  async lease(signal: AbortSignal): Promise<RealtimeLink> {
    const leasing = this.#takeOrOpen();
    try {
      return await waitUnlessAborted(leasing, signal);
    } catch (cause) {
      // Each caller gets the error.
      leasing.then(
        (link) => this.endLease(link, true),
        () => undefined,
      );
      throw cause;
    }
  }

  /** Ends a lease. A connection is reusable if nothing more can arrive for its former use. */
  endLease(link: RealtimeLink, isReusable: boolean): void {
    this.#leased.delete(link);
    if (isReusable) this.#keepIdle(link);
    else link.close();
  }

  /** Closes all connections, leased ones too. Later leases throw BotError `provider.unreachable`. */
  [Symbol.dispose](): void {
    this.#over.abort(
      new BotError('provider.unreachable', false, 'The connections are closed.'),
    );
    for (const link of [...this.#idle.keys(), ...this.#leased]) this.#closeIdle(link);
  }

  async #takeOrOpen() {
    while (this.#idle.size === 0 && this.#opening.size > 0)
      await Promise.race(this.#opening);
    let [link] = this.#idle.keys();
    while (link && !link.isAlive) {
      this.#closeIdle(link);
      [link] = this.#idle.keys();
    }
    link ??= await this.#openLink(false);
    this.#idle.get(link)?.();
    this.#idle.delete(link);
    this.#leased.add(link);
    return link;
  }

  #keepIdle(link: RealtimeLink) {
    link.detach();
    const isOld = this.#clock.nowMs() - link.openedAtMs > maxSessionAgeMs;
    if (!link.isAlive || isOld || this.#over.signal.aborted) {
      link.close();
      return;
    }
    const cancelClosing = this.#clock.later(maxIdleMs, () => this.#closeIdle(link));
    this.#idle.set(link, cancelClosing);
  }

  #closeIdle(link: RealtimeLink) {
    this.#idle.get(link)?.();
    this.#idle.delete(link);
    link.close();
  }

  /** Nobody waits for a connection that is opened ahead, so it is a trial of forms that were refused. */
  async #openLink(isAhead: boolean) {
    const { signal } = this.#over;
    const options = { ...this.#options, urls: this.#urls };
    const link = await openRealtimeLink(options, isAhead, signal);
    // The address that worked before comes first.
    this.#urls = [link.url];
    return link;
  }
}

/** A Realtime server as its users name it. */
export type RealtimeSocketOptions = Omit<SocketOptions, 'clock'> & {
  readonly clock?: Clock;
  readonly urls: readonly URL[];
  readonly session: RealtimeSessionSettings;
  /** Shared by all connections to the server. */
  readonly memory: RealtimeMemory;
};

const wrongAddressCodes = new Set(['provider.refused', 'provider.bad_key']);
async function openRealtimeLink(
  options: RealtimeSocketOptions,
  isTrial: boolean,
  signal: AbortSignal,
) {
  const linkOptions = { ...options, clock: options.clock ?? realClock };
  let firstError: unknown;
  for (const url of options.urls) {
    try {
      return await RealtimeLink.open(url, linkOptions, isTrial, signal);
    } catch (error) {
      firstError ??= error;
      if (!(error instanceof BotError && wrongAddressCodes.has(error.code))) break;
    }
  }
  throw firstError;
}

/**
 * Lists the addresses below a base URL, with each query in turn. Azure's addresses name a deployment in place of a
 * model: https://learn.microsoft.com/azure/ai-foundry/openai/how-to/realtime-audio-websockets
 */
export function listRealtimeUrls(baseUrl: string, queries: readonly object[]): URL[] {
  const base = new URL(toApiUrl(baseUrl));
  const [, folder = '', deployment] =
    /^(.*)\/deployments\/([^/]+)\/?$/.exec(base.pathname) ?? [];
  if (deployment !== undefined) {
    base.pathname = folder;
    base.searchParams.set('deployment', decodeURIComponent(deployment));
  }
  const { searchParams } = base;
  return queries.flatMap((query) => {
    const { model, ...others } = toRecord(query);
    if (
      model === undefined ||
      searchParams.has('deployment') ||
      searchParams.has('model')
    )
      return [createUrl(base, others)];
    const isAzure = searchParams.has('api-version');
    const named = createUrl(base, { ...others, model });
    return isAzure
      ? [createUrl(base, { ...others, deployment: model }), named]
      : [named];
  });
}

function createUrl({ href }: URL, query: object) {
  return toSocketUrl(href, '/realtime', { ...query });
}
