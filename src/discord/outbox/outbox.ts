import { createHash } from 'node:crypto';
import { MessageFlags, RateLimitError, type REST, Routes } from 'discord.js';
import { createDeadlineSignal, waitUnlessAborted } from '#src/base/bounded-wait.ts';
import type { SyncTiming } from '#src/base/clock.ts';
import { BotError } from '#src/base/errors.ts';
import {
  type ChannelId,
  type MessageId,
  toChannelId,
  toMessageId,
  type WebhookId,
} from '#src/base/ids.ts';
import { toRecord } from '#src/base/json.ts';
import { dropOldest } from '#src/base/loops/mailbox.ts';
import type { MessageBody } from '#src/discord/interactions/rendering.ts';
import type { CaptionPlace, Webhook } from '#src/ports/caption-chats.ts';
import type { MessagePlace } from '#src/ports/typed-messages.ts';
import { getRetryDelayMs, isSurelyUnsent, toWriteFailure } from './write-failure.ts';

/** How long a message may wait for more urgent ones. People should see the panel within 5 s. */
export const patienceMs = { whole: 0, panel: 3_000, partial: 30_000 } as const;
export type Urgency = keyof typeof patienceMs;

export type RestBody = Readonly<Record<string, unknown>> & {
  readonly content: string;
  readonly flags?: number | undefined;
};

/** Opens words for their readers as they leave. */
export type OpenContent = () => string | undefined | Promise<string | undefined>;

export type PostedMessage = {
  readonly id: MessageId;
  /** Channel that Discord names. A webhook knows its own. */
  readonly channelId?: ChannelId;
  readonly content?: string;
};

/** `unsent` messages waited too long, or too many waited. */
export type PostOutcome = 'sent' | 'failed' | 'unsent';

export type OutboxOrder<T> = {
  readonly channelId: ChannelId | WebhookId;
  /** Each route of a channel has a rate limit of its own. */
  readonly route: 'POST' | 'PATCH' | 'DELETE';
  /** The earliest order leaves first. The default is the time of `put`. */
  readonly dueMs?: (() => number) | undefined;
  /** Other orders wait two minutes at most. */
  readonly isPatient?: true;
  readonly send: (signal: AbortSignal) => Promise<T>;
};

type QueuedOrder = {
  readonly dueMs: () => number;
  readonly untilMs: number;
  readonly send: (signal: AbortSignal) => Promise<void>;
  readonly fail: (error: unknown) => void;
};

type Lane = { orders: QueuedOrder[]; freeAtMs: number; failures: number };
type LaneKey = `${OutboxOrder<unknown>['route']} ${ChannelId | WebhookId}`;

/** Discord takes five requests in five seconds. */
const gapMs = 1_020;
const forgottenAfterMs = 120_000;
const answerMs = 4_000;
/** Another order drops the oldest. */
const maxWaitingOrders = 1_000;
const maxOwnDeletions = 1_000;
/** Messages of a channel among which one is looked for that a webhook posted some seconds ago. */
const maxReadMessages = 50;
const stoppedReason = 'the bot is being stopped';
const tooLate = 'it waited for too long';
const closedReason = 'its words were erased, or its readers may not know them';

/**
 * Sends posts, edits and deletions in order of urgency, one at a time for each channel
 * and route.
 */
export class Outbox {
  readonly #rest: Pick<REST, 'get' | 'post' | 'patch' | 'delete'>;
  readonly #webhookRest: Pick<REST, 'post'>;
  readonly #timing: SyncTiming;
  readonly #onEnded: (outcome: PostOutcome) => void;
  readonly #lanes = new Map<LaneKey, Lane>();
  readonly #over = new AbortController();
  readonly #ownDeletions = new Set<MessageId>();

  /**
   * Creates the outbox. Calls `onEnded` once for each posted message, unless withdrawn. `webhookRest` sends posts of webhooks,
   * and repeats none by itself.
   */
  constructor(
    restClient: Pick<REST, 'get' | 'post' | 'patch' | 'delete'>,
    timing: SyncTiming,
    onEnded: (outcome: PostOutcome) => void,
    webhookRest: Pick<REST, 'post'> = restClient,
  ) {
    this.#rest = restClient;
    this.#webhookRest = webhookRest;
    this.#timing = timing;
    this.#onEnded = onEnded;
  }

  /** Time of the outbox's clock, by which orders are due. */
  get nowMs(): number {
    return this.#timing.nowMs();
  }

  /**
   * Posts a message once. `openContent` gives its content as the message leaves, or undefined if the content may not leave
   * any more. Throws BotError `discord.unsent`, or the error of Discord. Aborting `signal` withdraws a waiting message.
   */
  async post(
    target: ChannelId | Webhook,
    body: RestBody,
    signal: AbortSignal,
    openContent: OpenContent = () => body.content,
  ): Promise<PostedMessage> {
    const once = { nonce: createNonce(), enforce_nonce: true, ...body };
    let mayStand = false;
    const send = async (until: AbortSignal) => {
      const content = await openContent();
      if (content === undefined) throw createUnsentMessageError(closedReason);
      // Discord knows a repeated message by its nonce, which a webhook cannot give.
      const earlier =
        mayStand && typeof target !== 'string'
          ? await this.#findPosted(target, content, until)
          : undefined;
      if (earlier) return earlier;
      mayStand = true;
      try {
        return await this.sendPost(target, { ...once, content }, until);
      } catch (error) {
        mayStand = !isSurelyUnsent(error);
        throw error;
      }
    };
    const channelId = typeof target === 'string' ? target : target.id;
    // Replies, which anybody can ask for, wait for captions and notices.
    const dueMs = body.message_reference ? () => Number.MAX_SAFE_INTEGER : undefined;
    try {
      const posted = await this.put({ channelId, route: 'POST', dueMs, send }, signal);
      this.#onEnded('sent');
      return posted;
    } catch (error) {
      const isUnsent = error instanceof BotError && error.code === 'discord.unsent';
      if (!signal.aborted) this.#onEnded(isUnsent ? 'unsent' : 'failed');
      throw error;
    }
  }

  /** Edits a message, or deletes it without `body`. Throws as `post` does. */
  async changeMessage(
    messagePlace: CaptionPlace,
    body: RestBody | undefined,
    signal: AbortSignal,
  ): Promise<void> {
    const dueMs = this.nowMs + patienceMs.partial;
    const send = (until: AbortSignal) =>
      body
        ? this.sendEdit(messagePlace, body, until)
        : this.sendDeletion(messagePlace, until);
    const { channelId } = messagePlace;
    const route = body ? 'PATCH' : 'DELETE';
    await this.put({ channelId, route, dueMs: () => dueMs, send }, signal);
  }

  /**
   * Queues an order, and resolves to the result of its `send`. Throws as `post` does.
   * Aborting `signal` withdraws a waiting order.
   */
  async put<T>(
    { channelId, route, dueMs, isPatient, send }: OutboxOrder<T>,
    signal: AbortSignal,
  ): Promise<T> {
    signal.throwIfAborted();
    if (this.#over.signal.aborted) throw createUnsentMessageError(stoppedReason);
    const key = `${route} ${channelId}` as const;
    const lane = this.#lanes.get(key) ?? { orders: [], freeAtMs: 0, failures: 0 };
    const result = Promise.withResolvers<T>();
    const putAtMs = this.nowMs;
    const order: QueuedOrder = {
      dueMs: dueMs ?? (() => putAtMs),
      untilMs: isPatient ? Number.POSITIVE_INFINITY : putAtMs + forgottenAfterMs,
      send: async (until) => {
        if (!signal.aborted) result.resolve(await send(until));
      },
      fail: result.reject,
    };
    lane.orders.push(order);
    if (lane.orders.length > maxWaitingOrders)
      lane.orders
        .shift()
        ?.fail(createUnsentMessageError(`more than ${maxWaitingOrders} waited`));
    if (!this.#lanes.has(key)) void this.#emptyLane(key, lane);
    try {
      return await waitUnlessAborted(result.promise, signal);
    } finally {
      lane.orders = lane.orders.filter((queued) => queued !== order);
    }
  }

  /** Posts at once. Call this, `sendEdit` and `sendDeletion` only in an order's `send`. */
  async sendPost(
    target: ChannelId | Webhook,
    message: RestBody,
    signal: AbortSignal,
  ): Promise<PostedMessage> {
    // Discord fetches a link for a preview, and a model may have written the link.
    const body = {
      ...message,
      flags: (message.flags ?? 0) | MessageFlags.SuppressEmbeds,
    };
    const posted =
      typeof target === 'string'
        ? await this.#rest.post(Routes.channelMessages(target), { body, signal })
        : await this.#webhookRest.post(Routes.webhook(target.id, target.token), {
            body,
            signal,
            auth: false,
            // Without it Discord names no message.
            query: new URLSearchParams({ wait: 'true' }),
          });
    return readPostedMessage(posted);
  }

  /**
   * Finds a message with this content by a webhook, whose answer was lost. Throws the error of Discord, also where the bot may
   * not read the channel: then the message is not sent again, as it may stand there.
   */
  async #findPosted(
    { id, token }: Webhook,
    content: string,
    signal: AbortSignal,
  ): Promise<PostedMessage | undefined> {
    const webhook = await this.#rest.get(Routes.webhook(id, token), {
      auth: false,
      signal,
    });
    const { channel_id: channelId } = toRecord(webhook);
    const messages = await this.#rest.get(Routes.channelMessages(`${channelId}`), {
      query: new URLSearchParams({ limit: `${maxReadMessages}` }),
      signal,
    });
    const posted = (Array.isArray(messages) ? messages : [])
      .map(toRecord)
      .find((message) => message.webhook_id === id && message.content === content);
    return posted && readPostedMessage(posted);
  }

  /** Edits at once. Throws the error of Discord. */
  async sendEdit(
    messagePlace: CaptionPlace,
    body: RestBody,
    signal: AbortSignal,
  ): Promise<void> {
    const { auth, route } = findMessageRoute(messagePlace);
    await this.#whileThreadIsOpen(messagePlace, signal, () =>
      this.#rest.patch(route, { body, signal, auth }),
    );
  }

  /** Deletes at once. Throws the error of Discord. */
  async sendDeletion(messagePlace: CaptionPlace, signal: AbortSignal): Promise<void> {
    this.#ownDeletions.add(messagePlace.messageId);
    dropOldest(this.#ownDeletions, maxOwnDeletions);
    const { auth, route } = findMessageRoute(messagePlace);
    await this.#whileThreadIsOpen(messagePlace, signal, () =>
      this.#rest.delete(route, { signal, auth }),
    );
  }

  /** Tests once whether a deletion was made by the bot itself. */
  takeOwnDeletion(messageId: MessageId): boolean {
    return this.#ownDeletions.delete(messageId);
  }

  /** Refuses all orders from now on, also those that wait. */
  close(): void {
    this.#over.abort(createUnsentMessageError(stoppedReason));
    for (const lane of this.#lanes.values()) {
      for (const { fail } of lane.orders) fail(createUnsentMessageError(stoppedReason));
      lane.orders = [];
    }
  }

  /** Does work on a message, after waking a sleeping thread if needed. */
  async #whileThreadIsOpen(
    { channelId }: MessagePlace,
    signal: AbortSignal,
    work: () => Promise<unknown>,
  ) {
    try {
      await work();
    } catch (error) {
      if (toWriteFailure(error).kind !== 'archived') throw error;
      await this.#rest.patch(Routes.channel(channelId), {
        body: { archived: false },
        signal,
      });
      await work();
    }
  }

  /** Sends the orders of a lane until none waits. */
  async #emptyLane(key: LaneKey, lane: Lane) {
    this.#lanes.set(key, lane);
    await Promise.resolve(); // once for all messages that are shown together
    while (!this.#over.signal.aborted) {
      const lateOrders = lane.orders.filter(({ untilMs }) => untilMs <= this.nowMs);
      lane.orders = lane.orders.filter((order) => !lateOrders.includes(order));
      for (const { fail } of lateOrders) fail(createUnsentMessageError(tooLate));
      const [next] = lane.orders.toSorted((a, b) => a.dueMs() - b.dueMs());
      if (lane.freeAtMs > this.nowMs) await this.#waitForLane(lane);
      else if (next) await this.#sendOrder(lane, next);
      else break;
    }
    this.#lanes.delete(key);
  }

  async #sendOrder(lane: Lane, order: QueuedOrder) {
    lane.orders = lane.orders.filter((queued) => queued !== order);
    lane.freeAtMs = this.nowMs + gapMs;
    using deadline = createDeadlineSignal(
      answerMs,
      this.#timing,
      createLateMessageError,
    );
    const either = AbortSignal.any([this.#over.signal, deadline.signal]);
    try {
      await waitUnlessAborted(order.send(either), either);
      lane.failures = 0;
    } catch (cause) {
      const error: unknown = either.aborted ? either.reason : cause;
      const waitMs = getRetryDelayMs(error, lane.failures);
      if (this.#over.signal.aborted || waitMs === undefined) {
        order.fail(error);
        return;
      }
      lane.failures += 1;
      lane.freeAtMs = this.nowMs + waitMs;
      if (lane.freeAtMs < order.untilMs) lane.orders.unshift(order);
      else
        order.fail(
          error instanceof RateLimitError ? createUnsentMessageError(tooLate) : error,
        );
    }
  }

  async #waitForLane({ freeAtMs, orders }: Lane) {
    const untilMs = Math.min(freeAtMs, ...orders.map((order) => order.untilMs));
    const { promise, resolve } = Promise.withResolvers<void>();
    const cancelWait = this.#timing.later(Math.max(1, untilMs - this.nowMs), resolve);
    await waitUnlessAborted(promise, this.#over.signal).catch(() => undefined);
    cancelWait();
  }
}

function readPostedMessage(posted: unknown): PostedMessage {
  const { id, channel_id: channelId, content } = toRecord(posted);
  return {
    id: toMessageId(`${id}`),
    channelId: typeof channelId === 'string' ? toChannelId(channelId) : undefined,
    content: typeof content === 'string' ? content : undefined,
  };
}

/** Finds the route of a message. That of a webhook takes its token, not the bot's. */
function findMessageRoute({ channelId, messageId, webhook }: CaptionPlace) {
  return webhook
    ? {
        auth: false,
        route: Routes.webhookMessage(webhook.id, webhook.token, messageId),
      }
    : { auth: true, route: Routes.channelMessage(channelId, messageId) };
}

/** Converts a body of discord.js to one of Discord's REST API. */
export function toRestBody({ allowedMentions, ...body }: MessageBody): RestBody {
  return { ...body, allowed_mentions: allowedMentions };
}

function createLateMessageError() {
  return new BotError(
    'discord.unreachable',
    true,
    `Discord did not answer in ${answerMs / 1000} s.`,
  );
}

function createUnsentMessageError(reason: string) {
  return new BotError('discord.unsent', false, `A message was not sent: ${reason}.`);
}

/** Source: Discord docs, "Create Message". */
const maxChars = 25;

/** Creates a random nonce. Of messages with one nonce Discord shows the first alone. */
export function createNonce(): string {
  return crypto.randomUUID().slice(0, maxChars);
}

/** Builds the same nonce for the same ids in any order. */
export function toNonce(ids: readonly string[]): string {
  const hash = createHash('sha256').update(ids.toSorted().join('\n'));
  return hash.digest('base64url').slice(0, maxChars);
}
