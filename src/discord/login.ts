import '#src/discord/library/undici.ts';
import { setTimeout as wait } from 'node:timers/promises';
import {
  Client,
  DefaultRestOptions,
  DiscordAPIError,
  Events,
  GatewayIntentBits,
  HTTPError,
  Options,
  type RateLimitData,
  REST,
  RESTJSONErrorCodes,
  type RESTOptions,
  type VoiceState,
} from 'discord.js';
import { BotError } from '#src/base/errors.ts';
import { toRecord } from '#src/base/json.ts';
import { type LoggedText, writeSentence } from '#src/base/logged-text.ts';
import { findNetworkCode } from '#src/discord/outbox/write-failure.ts';
import type { OwnedShard } from '#src/discord/shards/owned-shard.ts';

export type LoginOptions = {
  readonly token: string;
  /** The default is Discord's own. Has no `/v10`. */
  readonly apiUrl?: string | undefined;
  /** Where files of Discord lie. The default is Discord's own. */
  readonly cdnUrl?: string | undefined;
  readonly shard?: OwnedShard;
  readonly timeoutMs: number;
  readonly deadline?: LoginDeadline;
  readonly messageContent?: boolean;
};

const [requestMs, closeMs] = [10_000, 2_000];
/** Source: Discord docs, "Global Rate Limit". */
const requestsASecond = 50;
const discordApi = 'https://discord.com/api';

/** Creates a client that is not logged in. Its messages mention nobody. */
export function createClient({
  apiUrl,
  cdnUrl,
  shard,
  deadline,
  messageContent,
}: LoginOptions): Client {
  const client = new Client({
    ...(shard && toShardOptions(shard, deadline)),
    intents: [
      GatewayIntentBits.Guilds,
      GatewayIntentBits.GuildVoiceStates,
      GatewayIntentBits.GuildScheduledEvents,
      GatewayIntentBits.GuildMessages, // with the text of those alone that mention the bot
      ...(messageContent ? [GatewayIntentBits.MessageContent] : []),
    ],
    makeCache: Options.cacheWithLimits({
      ...Options.DefaultMakeCacheSettings,
      MessageManager: 0,
    }),
    allowedMentions: { parse: [] },
    rest: toRestOptions({ apiUrl, cdnUrl }, shard),
    waitGuildTimeout: 5_000,
    sweepers: {
      ...Options.DefaultSweeperSettings,
      voiceStates: { interval: 3_600, filter: () => hasLeft },
    },
    closeTimeout: closeMs,
  });
  filterDispatches(client);
  return client;
}

/** Creates a client for posts of webhooks, which take no nonce: it leaves each repeat to its caller. */
export function createWebhookRest({ rest }: Pick<Client, 'rest'>): REST {
  const sweeps = { hashSweepInterval: 0, handlerSweepInterval: 0 };
  return new REST({ ...rest.options, ...sweeps, retries: 0 });
}

function toRestOptions(
  { apiUrl, cdnUrl }: Pick<LoginOptions, 'apiUrl' | 'cdnUrl'>,
  shard: OwnedShard | undefined,
) {
  const base = apiUrl && toRestBase(apiUrl);
  const shardRequestsASecond = Math.floor(requestsASecond / (shard?.count ?? 1));
  return {
    timeout: requestMs,
    retries: 1,
    rejectOnRateLimit: isOfOutbox,
    makeRequest: refuseOldEdits,
    globalRequestsPerSecond: Math.max(1, shardRequestsASecond),
    ...(base && { api: base }),
    ...(cdnUrl && { cdn: cdnUrl }),
  };
}

function toShardOptions(shard: OwnedShard, deadline?: LoginDeadline) {
  const { id, count } = shard;
  const waitForIdentify = async (_: number, signal: AbortSignal) => {
    deadline?.pause();
    await shard.waitToIdentify(signal);
    deadline?.resume();
  };
  const buildIdentifyThrottler = () => ({ waitForIdentify });
  return { shards: [id], shardCount: count, ws: { buildIdentifyThrottler } };
}

/** Limit for a login, which begins at once. Waiting for a turn to identify does not count. */
export class LoginDeadline {
  readonly #ms;
  readonly #controller = new AbortController();
  #timer: NodeJS.Timeout | undefined;

  constructor(ms: number) {
    this.#ms = ms;
    this.resume();
  }

  /** Aborts with a `TimeoutError` when the time is over. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Stops the time, for a wait or at the end of the login. */
  pause(): void {
    clearTimeout(this.#timer);
  }

  /** Starts the whole time anew. */
  resume(): void {
    this.pause();
    this.#timer = setTimeout(
      () => this.#controller.abort(new DOMException('late', 'TimeoutError')),
      this.#ms,
    ).unref();
  }
}

function hasLeft({ channelId }: VoiceState) {
  // discord.js keeps voice states of people after they leave.
  return channelId === null;
}

/** Converts an API URL to the base that discord.js wants: without a version, and without a final slash. */
export function toRestBase(apiUrl: string): string {
  return apiUrl.replace(/(?<!\/)\/+$/, '').replace(/\/v\d+$/, '');
}

/**
 * Discord refuses an edit of an old message with 429 and 30046, and discord.js would wait.
 * Source: discord-api-docs #4381, aikaterna-cogs #302.
 */
const refuseOldEdits: RESTOptions['makeRequest'] = async (url, init) => {
  const response = await DefaultRestOptions.makeRequest(url, init);
  if (response.status !== 429 || init.method !== 'PATCH') return response;
  const body = await response.json().catch(() => undefined);
  const { code } = toRecord(body);
  const { headers } = response;
  const isOld =
    code === RESTJSONErrorCodes.MaximumNumberOfEditsToMessagesOlderThanOneHourReached;
  return Response.json(body ?? {}, {
    status: isOld ? 400 : 429,
    headers: [...headers],
  });
};

/** Tests whether a request belongs to the outbox, which waits itself. */
function isOfOutbox({ method, route }: RateLimitData) {
  return [
    'PATCH /channels/:id/messages/:id',
    'POST /channels/:id/messages',
    'DELETE /channels/:id/messages/:id',
    'DELETE /channels/:id/messages/:id/Delete Old Message',
  ].includes(`${method} ${route}`);
}

/**
 * Logs in. Resolves when the servers are there. Throws BotError `discord.bad_token` or
 * `discord.unreachable`.
 */
export async function logIn(
  client: Client,
  options: LoginOptions,
  signal: AbortSignal,
): Promise<Client<true>> {
  const deadline = options.deadline ?? new LoginDeadline(options.timeoutMs);
  const either = AbortSignal.any([signal, deadline.signal]);
  const ended = Promise.withResolvers<never>();
  const onAbort = () => ended.reject(either.reason);
  const ready = new Promise<Client<true>>((resolve) =>
    client.once(Events.ClientReady, resolve),
  );
  client.once(Events.ShardDisconnect, ({ code }) =>
    ended.reject(createClosedLoginError(code, options)),
  );
  either.addEventListener('abort', onAbort);
  try {
    either.throwIfAborted();
    return await Promise.race([
      client.login(options.token).then(() => ready),
      ended.promise,
    ]);
  } catch (cause) {
    await closeClient(client);
    signal.throwIfAborted();
    throw toLoginError(cause, options);
  } finally {
    either.removeEventListener('abort', onAbort);
    deadline.pause();
  }
}

/** Closes a client within three seconds. */
export async function closeClient(client: Client): Promise<void> {
  const closing = client.destroy().catch(() => {});
  await Promise.race([closing, wait(closeMs + 1_000, undefined, { ref: false })]);
}

/** Converts an error of a login or a request to a BotError that says what to check. */
export function toLoginError(
  cause: unknown,
  { apiUrl, timeoutMs }: LoginOptions,
): BotError {
  if (cause instanceof BotError) return cause;
  if (isTokenRefusal(cause)) return createBadTokenError(cause);
  const server = `Discord at ${apiUrl ?? discordApi}`;
  const check = apiUrl ? 'check DISCORD_API_URL and that it runs' : 'check the network';
  return new BotError(
    'discord.unreachable',
    true,
    `${server} ${describeLoginTrouble(cause, timeoutMs)}: ${check}.`,
    cause,
  );
}

function describeLoginTrouble(cause: unknown, timeoutMs: number) {
  const name = cause instanceof Error ? cause.name : '';
  if (name === 'TimeoutError') return `did not answer in ${timeoutMs / 1000} s`;
  if (name === 'AbortError') return 'did not answer in time'; // discord.js's own limit of a request
  if (cause instanceof SyntaxError || cause instanceof TypeError)
    return 'answered with a web page';
  if (cause instanceof DiscordAPIError || cause instanceof HTTPError)
    return `answered with an error (${cause.status})`;
  const code = findNetworkCode(cause);
  return `could not be reached${code && ` (${code})`}`;
}

function isTokenRefusal(cause: unknown) {
  if (cause instanceof DiscordAPIError) return cause.status === 401;
  return cause instanceof Error && 'code' in cause && cause.code === 'TokenInvalid';
}

function createBadTokenError(cause?: unknown) {
  const message =
    'Discord refused the token: copy a new one from https://discord.com/developers/applications' +
    ' (Bot, Reset Token) into DISCORD_TOKEN.';
  return new BotError('discord.bad_token', false, message, cause);
}

/** Source: Discord docs, "Gateway Close Event Codes". */
const tooFewShards = 4011;
const refusedIntent = 4014;

function describeFewShards({ count, recommendedCount }: OwnedShard) {
  const advice =
    recommendedCount > count
      ? writeSentence`${recommendedCount}`
      : writeSentence`more than ${count}`;
  return writeSentence`Discord requires more shards than ${count}: it recommends ${advice}; set SHARDS=auto, or SHARDS to that number.`;
}

/** Finds what the operator can do about a close code of the gateway. */
export function findRemedy(
  closeCode: number,
  shard: OwnedShard | undefined,
): LoggedText | undefined {
  return closeCode === tooFewShards && shard ? describeFewShards(shard) : undefined;
}

function createClosedLoginError(code: number, { shard, messageContent }: LoginOptions) {
  if (code === 4004) return createBadTokenError();
  if (code === tooFewShards && shard) {
    return new BotError('discord.too_few_shards', false, describeFewShards(shard));
  }
  if (code === refusedIntent && messageContent) {
    return new BotError(
      'discord.intent_refused',
      false,
      'Discord refuses the message content intent: tick it for the bot in the developer portal, or set MESSAGE_CONTENT=off.',
    );
  }
  const message = `Discord closed the gateway permanently (${code}): see its list of gateway close codes.`;
  return new BotError('discord.unreachable', false, message);
}

type Dispatch = { readonly t?: unknown };
type InnerSockets = {
  handlePacket(packet: Dispatch | undefined, shard: unknown): boolean;
};

const messageDispatches: readonly unknown[] = [
  'MESSAGE_CREATE',
  'MESSAGE_UPDATE',
  'MESSAGE_DELETE',
  'MESSAGE_DELETE_BULK',
];

/** Hides messages from discord.js, which would make objects of each. */
function filterDispatches(client: Client) {
  const sockets = client.ws as unknown as InnerSockets;
  const handle = sockets.handlePacket.bind(sockets);
  // Even an undefined packet makes discord.js handle the packets that wait.
  sockets.handlePacket = (packet, shard) =>
    handle(messageDispatches.includes(packet?.t) ? undefined : packet, shard);
}
