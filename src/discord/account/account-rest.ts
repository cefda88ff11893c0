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
    return await this.send('get', route, undefined, schema, signal);
  }

  async send<T>(
    method: 'get' | 'post' | 'put' | 'patch' | 'delete',
    route: `/${string}`,
    body: object | undefined,
    schema: z.ZodType<T>,
    signal: AbortSignal,
  ): Promise<T> {
    return await this.request(async ({ rest }, either) => {
      const read = schema.safeParse(
        await rest[method](route, { signal: either, body }),
      );
      if (read.success) return read.data;
      throw new TypeError('the answer is not from Discord');
    }, signal);
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

  [Symbol.dispose]() {
    this.#client.rest.clearHashSweeper();
    this.#client.rest.clearHandlerSweeper();
  }
}
