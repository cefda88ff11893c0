import '#src/discord/library/undici.ts';
import { REST } from 'discord.js';
import type { z } from 'zod';
import { type LoginOptions, refused, restBase } from '#src/discord/login.ts';

/** Token of the account, and address of the API. */
export type AccountLogin = Pick<LoginOptions, 'token' | 'apiUrl'>;

/** One request; it is tried again once. */
const requestMs = 10_000;
/** One request with all waits for rate limits. */
const timeoutMs = 30_000;

/** Discord's REST API for programs that do not go online. */
export class AccountRest implements Disposable {
  readonly #login: AccountLogin;
  readonly #rest: REST;

  constructor(login: AccountLogin) {
    const { token, apiUrl } = login;
    this.#login = login;
    const base = apiUrl && restBase(apiUrl);
    this.#rest = new REST({ timeout: requestMs, retries: 1, ...(base && { api: base }) });
    this.#rest.setToken(token);
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
}
