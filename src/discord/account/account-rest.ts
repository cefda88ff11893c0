import '#src/discord/library/undici.ts';
import { DefaultRestOptions, REST, type RESTOptions } from 'discord.js';
import type { z } from 'zod';
import type { Clock } from '#src/base/clock.ts';
import { type LoginOptions, refused, restBase } from '#src/discord/login.ts';

/** Token of the account, and address of the API. */
export type AccountLogin = Pick<LoginOptions, 'token' | 'apiUrl'>;

/** One request; it is tried again once. */
const requestMs = 10_000;
/** One request with all waits for rate limits. */
const timeoutMs = 30_000;
/** A `Date` header has whole seconds: on average half a second is cut off. */
const cutMs = 500;

/** Discord's REST API for programs that do not go online; nothing is kept but the difference of clocks. */
export class AccountRest implements Disposable {
  readonly #login: AccountLogin;
  readonly #clock: Clock;
  readonly #rest: REST;
  #aheadMs: number | undefined;

  constructor(login: AccountLogin, clock: Clock) {
    const { token, apiUrl } = login;
    this.#login = login;
    this.#clock = clock;
    const base = apiUrl && restBase(apiUrl);
    const makeRequest = this.#timed.bind(this);
    this.#rest = new REST({
      timeout: requestMs,
      retries: 1,
      makeRequest,
      ...(base && { api: base }),
    });
    this.#rest.setToken(token);
  }

  /** Lead of this machine's clock over Discord's, in ms, to within 0.5 s; undefined before an answer. */
  get aheadMs(): number | undefined {
    return this.#aheadMs;
  }

  /**
   * Reads the answer of `route` through `schema`.
   *
   * Errors: BotError `discord.bad_token`, `discord.unreachable`; its cause is that of discord.js. Aborting `signal` throws
   * `signal.reason`.
   */
  async read<T>(
    route: `/${string}`,
    schema: z.ZodType<T>,
    signal: AbortSignal,
    query?: URLSearchParams,
  ): Promise<T> {
    const get = (either: AbortSignal) => this.#rest.get(route, { signal: either, query });
    return await this.#ask(get, schema, signal);
  }

  /** Sends `body`; errors and abort as `read`. */
  async write<T>(
    method: 'post' | 'put' | 'patch' | 'delete',
    route: `/${string}`,
    body: object,
    schema: z.ZodType<T>,
    signal: AbortSignal,
  ): Promise<T> {
    const send = (either: AbortSignal) => this.#rest[method](route, { signal: either, body });
    return await this.#ask(send, schema, signal);
  }

  async #ask<T>(
    ask: (either: AbortSignal) => Promise<unknown>,
    schema: z.ZodType<T>,
    signal: AbortSignal,
  ): Promise<T> {
    const deadline = AbortSignal.timeout(timeoutMs);
    try {
      const answer = await ask(AbortSignal.any([signal, deadline]));
      const read = schema.safeParse(answer);
      if (read.success) return read.data;
    } catch (cause) {
      signal.throwIfAborted();
      throw refused(deadline.aborted ? deadline.reason : cause, { ...this.#login, timeoutMs });
    }
    const foreign = new TypeError('the answer is not from Discord');
    throw refused(foreign, { ...this.#login, timeoutMs });
  }

  [Symbol.dispose](): void {
    this.#rest.clearHashSweeper();
    this.#rest.clearHandlerSweeper();
  }

  async #timed(...[url, init]: Parameters<RESTOptions['makeRequest']>) {
    const beforeMs = this.#clock.wallMs();
    const response = await DefaultRestOptions.makeRequest(url, init);
    const dateMs = Date.parse(response.headers.get('date') ?? '');
    const aheadMs = (beforeMs + this.#clock.wallMs()) / 2 - (dateMs + cutMs);
    if (Number.isFinite(aheadMs)) this.#aheadMs = aheadMs;
    return response;
  }
}
