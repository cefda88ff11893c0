import '#src/discord/library/undici.ts';
import { Client } from 'discord.js';
import { z } from 'zod';
import { waitUnlessAborted } from '#src/base/bounded-wait.ts';
import { type LoginOptions, toLoginError, toRestBase } from '#src/discord/login.ts';

export type AccountLogin = Pick<LoginOptions, 'token' | 'apiUrl'>;

/** A user, an application, a channel or a message. */
export const identifiedSchema = z.object({ id: z.string() });

const requestMs = 10_000;
/** Includes waits for rate limits. */
const timeoutMs = 30_000;

export type AccountRest = ReturnType<typeof openAccountRest>;

/**
 * Discord's REST API for programs that do not go online. Each call throws as `read`
 * does.
 */
export function openAccountRest(login: AccountLogin) {
  const { token, apiUrl } = login;
  const base = apiUrl && toRestBase(apiUrl);
  const rest = { timeout: requestMs, retries: 1, ...(base && { api: base }) };
  // Without `shards` the library reads SHARDS of the environment as JSON, which our `auto` is not.
  const client = new Client({ intents: [], shards: [0], shardCount: 1, rest });
  client.rest.setToken(token);

  async function send<T>(
    method: 'get' | 'post' | 'put' | 'patch' | 'delete',
    route: `/${string}`,
    body: object | undefined,
    schema: z.ZodType<T>,
    signal: AbortSignal,
  ): Promise<T> {
    return await request(async ({ rest }, either) => {
      const read = schema.safeParse(
        await rest[method](route, { signal: either, body }),
      );
      if (read.success) return read.data;
      throw new TypeError('the answer is not from Discord');
    }, signal);
  }

  async function request<T>(
    ask: (client: Client, either: AbortSignal) => Promise<T>,
    signal: AbortSignal,
  ): Promise<T> {
    const deadline = AbortSignal.timeout(timeoutMs);
    const either = AbortSignal.any([signal, deadline]);
    try {
      return await waitUnlessAborted(ask(client, either), either);
    } catch (cause) {
      signal.throwIfAborted();
      throw toLoginError(deadline.aborted ? deadline.reason : cause, {
        ...login,
        timeoutMs,
      });
    }
  }

  return {
    /**
     * Reads a route of Discord. Throws BotError `discord.bad_token` or
     * `discord.unreachable`.
     */
    async read<T>(
      route: `/${string}`,
      schema: z.ZodType<T>,
      signal: AbortSignal,
    ): Promise<T> {
      return await send('get', route, undefined, schema, signal);
    },

    send,

    request,

    [Symbol.dispose]() {
      client.rest.clearHashSweeper();
      client.rest.clearHandlerSweeper();
    },
  };
}
