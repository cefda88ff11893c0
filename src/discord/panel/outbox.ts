import { RateLimitError } from 'discord.js';
import { BotError } from '#src/base/errors.ts';
import type { WriteTurns } from '#src/discord/captions/channel-writers.ts';
import { answerWithin, withDeadline } from '#src/discord/library/deadline.ts';
import type { SyncTiming } from '#src/discord/link/timing.ts';
import { waitAfterLimitMs } from '#src/discord/rest-clock.ts';

/** Messages that wait for one channel; a further one drops the oldest. */
const mostWaiting = 20;
/** Longest wait of a message, in ms; then it is dropped, as its subject is forgotten by then. */
const longestWaitMs = 120_000;
const stopped = 'the bot is being stopped';
const limited = `Discord limited the channel for longer than ${longestWaitMs / 1000} s`;

/** Sends one message. Throws a `RateLimitError` where Discord wants it later; aborting `signal` throws. */
export type Send = (signal: AbortSignal) => Promise<unknown>;

/** Outcome of a message: `late` waited too long, `crowded-out` was the oldest of too many. */
export type MessageOutcome = 'sent' | 'failed' | 'late' | 'crowded-out';

type QueuedMessage = {
  readonly send: Send;
  readonly fromMs: number;
  readonly signal: AbortSignal;
  readonly done: PromiseWithResolvers<void>;
};

type Queue = { waiting: QueuedMessage[]; isBusy: boolean };

/**
 * Sends messages one after the other for each text channel, in the order they were put.
 *
 * Each has 4 s from sending; waiting for a rate limit counts against its 120 s in the queue only. A queue holds 20.
 */
export class Outbox {
  readonly #timing: SyncTiming;
  readonly #queues = new Map<string, Queue>();
  readonly #over = new AbortController();
  readonly #ended: (outcome: MessageOutcome) => void;
  readonly #turns: WriteTurns;

  /** `ended` is told once for each message, unless it was taken back. */
  constructor(
    timing: SyncTiming,
    ended: (outcome: MessageOutcome) => void,
    turns: WriteTurns = atOnce,
  ) {
    this.#timing = timing;
    this.#ended = ended;
    this.#turns = turns;
  }

  /**
   * Resolves once Discord has taken it. Errors: BotError `discord.unsent` (it was never sent), `discord.unreachable` (no
   * answer in time), or what `send` threw. Aborting `signal` throws `signal.reason`; if it waits it is not sent.
   */
  async put(channelId: string, send: Send, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (this.#over.signal.aborted) throw unsent(stopped);
    const fromMs = this.#timing.nowMs();
    const message = { send, fromMs, signal, done: Promise.withResolvers<void>() };
    const queue = this.#queues.get(channelId) ?? { waiting: [], isBusy: false };
    this.#queues.set(channelId, queue);
    queue.waiting.push(message);
    if (queue.waiting.length > mostWaiting) this.#crowdOut(queue);
    const onAbort = () => retract(queue, message);
    signal.addEventListener('abort', onAbort);
    if (!queue.isBusy) void this.#empty(channelId, queue);
    try {
      await message.done.promise;
    } finally {
      signal.removeEventListener('abort', onAbort);
    }
  }

  /** Drops the waiting messages, and gives up those under way. */
  close(): void {
    this.#over.abort(unsent(stopped));
    for (const queue of this.#queues.values()) {
      for (const message of queue.waiting) this.#drop(queue, message, 'late', stopped);
    }
  }

  /** Never throws. */
  async #empty(channelId: string, queue: Queue): Promise<void> {
    queue.isBusy = true;
    for (let message = queue.waiting[0]; message; message = queue.waiting[0]) {
      const restMs = await this.#attempt(channelId, message);
      if (restMs === 0) remove(queue, message);
      else await this.#rest(Math.min(restMs, this.#leftMs(message)));
      for (const one of queue.waiting) {
        if (this.#leftMs(one) <= 0) this.#drop(queue, one, 'late', limited);
      }
    }
    queue.isBusy = false;
    this.#queues.delete(channelId);
  }

  /** Time, in ms, for which Discord wants the channel to be left alone; 0: the message is dealt with. */
  async #attempt(channelId: string, message: QueuedMessage): Promise<number> {
    const { send, signal, done, fromMs } = message;
    if (signal.aborted) return 0;
    const over = this.#over.signal;
    const late = unsent(limited);
    try {
      const isSent = await this.#turns.task(channelId, {
        route: 'POST',
        urgency: 'plain',
        untilMs: fromMs + longestWaitMs,
        late: () => late,
        send: async () => {
          if (signal.aborted) return false;
          await withDeadline(send, answerWithin(this.#timing), over);
          return true;
        },
      });
      if (isSent) this.#ended('sent');
      done.resolve();
    } catch (error) {
      if (error === late) {
        this.#ended('late');
        done.reject(error);
        return 0;
      }
      if (error instanceof RateLimitError && !over.aborted)
        return Math.max(1, waitAfterLimitMs(error));
      this.#ended('failed');
      done.reject(error);
    }
    return 0;
  }

  #rest(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const { signal } = this.#over;
      const forget = this.#timing.later(ms, () => {
        signal.removeEventListener('abort', end);
        resolve();
      });
      const end = () => {
        forget();
        resolve();
      };
      signal.addEventListener('abort', end);
    });
  }

  #leftMs({ fromMs }: QueuedMessage): number {
    return fromMs + longestWaitMs - this.#timing.nowMs();
  }

  #crowdOut(queue: Queue): void {
    const oldest = queue.waiting[queue.isBusy ? 1 : 0];
    if (oldest) this.#drop(queue, oldest, 'crowded-out', `more than ${mostWaiting} waited`);
  }

  #drop(queue: Queue, message: QueuedMessage, outcome: 'late' | 'crowded-out', why: string): void {
    remove(queue, message);
    this.#ended(outcome);
    message.done.reject(unsent(why));
  }
}

/** Turns without other writers in a channel. */
const atOnce: WriteTurns = { task: (_channelId, { send }) => send() };

/** Takes a message back; one that is being sent may be there already. */
function retract(queue: Queue, message: QueuedMessage): void {
  if (message !== queue.waiting[0]) remove(queue, message);
  message.done.reject(message.signal.reason);
}

function unsent(why: string): BotError {
  return new BotError('discord.unsent', false, `A message was not sent: ${why}.`);
}

function remove(queue: Queue, message: QueuedMessage): void {
  queue.waiting = queue.waiting.filter((one) => one !== message);
}
