import '#src/discord/library/undici.ts';
import { Client } from 'discord.js';
import { z } from 'zod';
import { waitUnlessAborted } from '#src/base/bounded-wait.ts';
import { type LoginOptions, toLoginError, toRestBase } from '#src/discord/login.ts';

export type AccountLogin = Pick<LoginOptions, 'token' | 'apiUrl'>;

/** A user, an application, a channel or a message. */
export const identifiedSchema: z.ZodObject<{ id: z.ZodString }> = z.object({
  id: z.string(),
});

const requestMs = 10_000;
/** Includes waits for rate limits. */
const timeoutMs = 30_000;

type HttpMethod = 'get' | 'post' | 'put' | 'patch' | 'delete';
type Route = `/${string}`;

/**
 * Discord's REST API for programs that do not go online. Each call throws as `read`
 * does.
 */
export class AccountRest {
  readonly #login;
  readonly #client;

  constructor(login: AccountLogin) {
    const { token, apiUrl } = login;
    const base = apiUrl && toRestBase(apiUrl);
    const rest = { timeout: requestMs, retries: 1, ...(base && { api: base }) };
    this.#login = login;
    // Without `shards` the library reads SHARDS of the environment as JSON, which our `auto` is not.
    this.#client = new Client({ intents: [], shards: [0], shardCount: 1, rest });
    this.#client.rest.setToken(token);
  }

  /**
   * Reads a route of Discord. Throws BotError `discord.bad_token` or
   * `discord.unreachable`.
   */
  async read<T>(route: Route, schema: z.ZodType<T>, signal: AbortSignal): Promise<T> {
    return await this.send('get', route, undefined, schema, signal);
  }

  /** Sends a request, and checks the answer with `schema`. */
  async send<T>(
    method: HttpMethod,
    route: Route,
    body: object | undefined,
    schema: z.ZodType<T>,
    signal: AbortSignal,
  ): Promise<T> {
    return await this.request(async ({ rest }, either) => {
      const answer = await rest[method](route, { signal: either, body });
      const result = schema.safeParse(answer);
      if (result.success) return result.data;
      throw new TypeError('the answer is not from Discord');
    }, signal);
  }

  /** Performs several requests with a client of discord.js, within 30 s in all. */
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

  /** Ends the timers of discord.js, which would keep the process alive. */
  [Symbol.dispose](): void {
    this.#client.rest.clearHashSweeper();
    this.#client.rest.clearHandlerSweeper();
  }
}
