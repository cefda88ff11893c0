import '#src/discord/library/undici.ts';
import { Client } from 'discord.js';
import type { z } from 'zod';
import { waitUnlessAborted } from '#src/base/bounded-wait.ts';
import { type LoginOptions, toLoginError, toRestBase } from '#src/discord/login.ts';

export type AccountLogin = Pick<LoginOptions, 'token' | 'apiUrl'>;

const requestMs = 10_000;
/** Includes waits for rate limits. */
const timeoutMs = 30_000;

/**
 * Discord's REST API for programs that do not go online. Each call throws as `read`
 * does.
 */
export class AccountRest implements Disposable {
  readonly #login;
  readonly #client;

  constructor(login: AccountLogin) {
    const { token, apiUrl } = login;
    this.#login = login;
    const base = apiUrl && toRestBase(apiUrl);
    const rest = { timeout: requestMs, retries: 1, ...(base && { api: base }) };
    // Without `shards` the library reads SHARDS of the environment as JSON, which our `auto` is not.
    this.#client = new Client({ intents: [], shards: [0], shardCount: 1, rest });
    this.#client.rest.setToken(token);
  }

  /**
   * Reads a route of Discord. Throws BotError `discord.bad_token` or
   * `discord.unreachable`.
   */
  async read<T>(
    route: `/${string}`,
    schema: z.ZodType<T>,
    signal: AbortSignal,
  ): Promise<T> {
    const sendGet = (either: AbortSignal) =>
      this.#client.rest.get(route, { signal: either });
    return await this.#requestChecked(sendGet, schema, signal);
  }

  async write<T>(
    method: 'post' | 'put' | 'patch' | 'delete',
    route: `/${string}`,
    body: object,
    schema: z.ZodType<T>,
    signal: AbortSignal,
  ): Promise<T> {
    const { rest } = this.#client;
    const sendBody = (either: AbortSignal) =>
      rest[method](route, { signal: either, body });
    return await this.#requestChecked(sendBody, schema, signal);
  }

  async request<T>(
    ask: (client: Client, either: AbortSignal) => Promise<T>,
    signal: AbortSignal,
  ): Promise<T> {
    const deadline = AbortSignal.timeout(timeoutMs);
    const either = AbortSignal.any([signal, deadline]);
    try {
      return await waitUnlessAborted(ask(this.#client, either), either);
    } catch (cause) {
      signal.throwIfAborted();
      throw toLoginError(deadline.aborted ? deadline.reason : cause, {
        ...this.#login,
        timeoutMs,
      });
    }
  }

  async #requestChecked<T>(
    ask: (either: AbortSignal) => Promise<unknown>,
    schema: z.ZodType<T>,
    signal: AbortSignal,
  ) {
    return await this.request(async (_client, either) => {
      const read = schema.safeParse(await ask(either));
      if (read.success) return read.data;
      throw new TypeError('the answer is not from Discord');
    }, signal);
  }

  [Symbol.dispose]() {
    this.#client.rest.clearHashSweeper();
    this.#client.rest.clearHandlerSweeper();
  }
}
