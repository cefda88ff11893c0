import type { SyncTiming } from '#src/discord/link/timing.ts';
import type { MessageOperation, MessageRequests, MessageResult } from './message-requests.ts';
import { writeFailureOf } from './write-failure.ts';
import { WrittenChat } from './written-chat.ts';

/** Routes of the messages of a channel; each has a rate limit of its own. */
export type WriteRoute = 'POST' | 'PATCH' | 'DELETE';

/** Kind of a write: whole words, a message by itself, the panel, or words that go on. */
export type WriteUrgency = keyof typeof patienceMs;

/** One request that its owner makes when its turn has come: an edit of a panel, a message by itself. */
export type WriteTask<T> = {
  readonly route: WriteRoute;
  readonly urgency: WriteUrgency;
  /** When it became necessary; now, when left out. */
  readonly sinceMs?: number;
  /** Its turn has to come by then. */
  readonly untilMs?: number;
  send(): Promise<T>;
  /** Error of a task whose turn does not come. */
  late(): Error;
};

/** Time, in ms, after which a write is as urgent as whole words: the earliest deadline goes first. The panel is to be seen within 5 s. */
const patienceMs = { whole: 0, plain: 0, panel: 3_000, partial: 30_000 } as const;
/**
 * Window, in ms, and requests in it, of a route of a channel, as Discord's headers commonly tell. discord.js refuses a request
 * beyond the real limit.
 */
const [windowMs, requestsAWindow] = [5_060, 5];
/** Longest time, in ms, that a write lets the next one wait: an urgent one, and one that is not due. The latter leaves one request. */
const [urgentGapMs, spareGapMs] = [1_250, 1_000];

/** A write that could be sent: it is due `patienceMs` after it became necessary. */
type Write = {
  readonly dueMs: number;
  readonly fromMs: number;
  readonly send: () => Promise<void>;
};

type QueuedTask = Write & { readonly untilMs: number; readonly drop: () => void };

/** One route: the tasks that wait for it, and the window of its limit. */
type Lane = {
  tasks: readonly QueuedTask[];
  isBusy: boolean;
  left: number;
  endsAtMs: number;
  forget?: () => void;
};

const routes = { post: 'POST', edit: 'PATCH', delete: 'DELETE' } as const;

/** Sends all posts, edits and deletions of one channel, one at a time for each route, so that whole words never wait long. */
export class ChannelOutbox {
  readonly #channelId: string;
  readonly #requests: MessageRequests;
  readonly #timing: SyncTiming;
  readonly #lanes: Readonly<Record<WriteRoute, Lane>> = {
    POST: newLane(),
    PATCH: newLane(),
    DELETE: newLane(),
  };
  readonly #chats = new Set<WrittenChat>();
  #turning: Promise<void> | undefined;
  #isClosed = false;

  constructor(channelId: string, requests: MessageRequests, timing: SyncTiming) {
    this.#channelId = channelId;
    this.#requests = requests;
    this.#timing = timing;
  }

  /** Chats that are open, or have something left to send. */
  get chats(): Iterable<WrittenChat> {
    return this.#chats;
  }

  get isIdle(): boolean {
    const nowMs = this.#timing.nowMs();
    const isBusy = ({ isBusy, tasks, endsAtMs }: Lane) =>
      isBusy || tasks.length > 0 || endsAtMs > nowMs;
    return this.#chats.size === 0 && !Object.values(this.#lanes).some(isBusy);
  }

  open(): WrittenChat {
    const chat = new WrittenChat(this.#channelId, this.#timing, {
      waits: () => this.#turnSoon(),
      over: () => this.#chats.delete(chat),
    });
    this.#chats.add(chat);
    return chat;
  }

  /** Sends when its turn has come. Throws the error of `send`, or that of `late`. */
  async task<T>(task: WriteTask<T>): Promise<T> {
    if (this.#isClosed) throw task.late();
    const { route, urgency, sinceMs = this.#timing.nowMs(), untilMs = Infinity } = task;
    const lane = this.#lanes[route];
    const result = Promise.withResolvers<T>();
    const queued: QueuedTask = {
      dueMs: sinceMs + patienceMs[urgency],
      fromMs: 0,
      untilMs,
      drop: () => result.reject(task.late()),
      send: async () => {
        lane.tasks = lane.tasks.filter((one) => one !== queued);
        try {
          result.resolve(await task.send());
        } catch (error) {
          this.#learn(lane, error);
          result.reject(error);
        }
      },
    };
    lane.tasks = [...lane.tasks, queued];
    this.#turn(route);
    return await result.promise;
  }

  /** Begins no more requests. */
  close(): void {
    this.#isClosed = true;
    for (const lane of Object.values(this.#lanes)) {
      lane.forget?.();
      for (const { drop } of lane.tasks) drop();
      lane.tasks = [];
    }
  }

  /** Once for all messages that are shown together. */
  #turnSoon(): void {
    this.#turning ??= Promise.resolve().then(() => {
      this.#turning = undefined;
      this.#turnAll();
    });
  }

  #turnAll(): void {
    for (const route of ['POST', 'PATCH', 'DELETE'] as const) this.#turn(route);
  }

  /** Sends the next request over that route, or comes back when its time has come. */
  #turn(route: WriteRoute): void {
    const lane = this.#lanes[route];
    lane.forget?.();
    if (this.#isClosed || lane.isBusy) return;
    const nowMs = this.#timing.nowMs();
    for (const { drop, untilMs } of lane.tasks) if (untilMs <= nowMs) drop();
    lane.tasks = lane.tasks.filter(({ untilMs }) => untilMs > nowMs);
    const writes = [...lane.tasks, ...[...this.#chats].flatMap((chat) => this.#of(chat, route))];
    const [next] = writes
      .filter(({ fromMs }) => fromMs <= nowMs)
      .toSorted((one, other) => one.dueMs - other.dueMs);
    const freeMs = next && freeAtMs(lane, next.dueMs <= nowMs, nowMs);
    if (next && freeMs !== undefined && freeMs <= nowMs) {
      void this.#send(lane, next, nowMs);
      return;
    }
    const later = writes.flatMap(({ dueMs, fromMs }) => [dueMs, fromMs].filter((ms) => ms > nowMs));
    const wakeMs = Math.min(freeMs ?? Infinity, ...later, ...lane.tasks.map(untilMsOf));
    if (wakeMs === Infinity) return;
    lane.forget = this.#timing.later(Math.max(1, wakeMs - nowMs), () => this.#turn(route));
  }

  /** Messages of a chat that wait for this route. Of its posts only the first one can go, as urgently as any behind it. */
  #of(chat: WrittenChat, route: WriteRoute): readonly Write[] {
    const writes = chat
      .waiting()
      .filter(({ kind }) => routes[kind] === route)
      .map(({ fromMs, key, sinceMs, urgency }) => {
        const send = () => this.#fulfil(chat, key, this.#lanes[route]);
        return { dueMs: sinceMs + patienceMs[urgency], fromMs, send };
      });
    const [first] = writes;
    if (route !== 'POST' || !first) return writes;
    return [{ ...first, dueMs: Math.min(...writes.map(({ dueMs }) => dueMs)) }];
  }

  async #send(lane: Lane, { send }: Write, nowMs: number): Promise<void> {
    lane.isBusy = true;
    if (nowMs >= lane.endsAtMs) {
      lane.left = requestsAWindow;
      lane.endsAtMs = nowMs + windowMs;
    }
    lane.left--;
    try {
      await send();
    } finally {
      lane.isBusy = false;
      this.#turnAll();
    }
  }

  async #fulfil(chat: WrittenChat, key: string, lane: Lane): Promise<void> {
    const operation = chat.begin(key);
    if (!operation) return;
    const sentAtMs = this.#timing.nowMs();
    const result = await this.#perform(operation, lane);
    chat.done(operation, result, sentAtMs);
  }

  /** Never throws. A thread that went to sleep is woken once. */
  async #perform(operation: MessageOperation, lane: Lane): Promise<MessageResult> {
    const failed = (error: unknown): MessageResult => {
      this.#learn(lane, error);
      return { kind: 'failed', failure: writeFailureOf(error) };
    };
    const first = await this.#requests.perform(operation).catch(failed);
    if (first.kind !== 'failed' || first.failure.kind !== 'archived') return first;
    try {
      await this.#requests.unarchive();
    } catch (error) {
      const failure = writeFailureOf(error);
      // A failure that may pass is tried again from the beginning.
      return failure.kind === 'refused' ? first : { kind: 'failed', failure };
    }
    return await this.#requests.perform(operation).catch(failed);
  }

  /** Where discord.js knows of a stricter limit, the route waits for its end. */
  #learn(lane: Lane, error: unknown): void {
    const failure = writeFailureOf(error);
    if (failure.kind !== 'limited') return;
    lane.left = 0;
    lane.endsAtMs = this.#timing.nowMs() + failure.retryAfterMs;
  }
}

function newLane(): Lane {
  return { tasks: [], isBusy: false, left: 0, endsAtMs: 0 };
}

function untilMsOf({ untilMs }: QueuedTask): number {
  return untilMs;
}

/** Instant from which a write may go: those left in the window are spread over it, so that none waits much longer than a gap. */
function freeAtMs({ left, endsAtMs }: Lane, isUrgent: boolean, nowMs: number): number {
  if (nowMs >= endsAtMs) return nowMs;
  if (left === 0 || (left === 1 && !isUrgent)) return endsAtMs;
  return endsAtMs - left * (isUrgent ? urgentGapMs : spareGapMs);
}
