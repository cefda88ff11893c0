import type { DesiredMessage, DisplayOutcome } from '#src/conversation/ports/desired-message.ts';
import type { SyncTiming } from '#src/discord/link/timing.ts';
import { newNonce } from '#src/discord/nonce.ts';
import { DesiredMessages, type MessageOperation, type MessageResult } from './desired-messages.ts';
import type { MessageRequests } from './message-requests.ts';
import { chooseWrite, demandPerMs, recentDemand, type WriteCandidate } from './pacing.ts';
import {
  afterAnswer,
  afterRefusal,
  afterRequest,
  assumedBudget,
  type RateBudget,
  type RateLimitHeaders,
} from './rate-budget.ts';
import { type WriteFailure, writeFailureOf } from './write-failure.ts';
import {
  newLane,
  type QueuedTask,
  type WriteLane,
  type WriteRoute,
  type WriteTask,
} from './write-lane.ts';

/** Messages of one chat in a channel, as `CaptionChat` of the session. */
export type ChatMessages = {
  show(desired: DesiredMessage): void;
  readonly isIdle: () => boolean;
  /** Forgets deleted messages; `all`: the chat is gone. */
  gone(messageIds: ReadonlySet<string> | 'all'): void;
  /** Stops showing texts. */
  close(): void;
};

export type ChatListener = {
  report(outcome: DisplayOutcome): void;
  /** A request has come to its end. */
  changed(): void;
  /** A message is about to be deleted as wished. */
  deleting(messageId: string): void;
};

type Chat = {
  readonly desired: DesiredMessages;
  readonly listener: ChatListener;
  failures: number;
  notBeforeMs: number;
};

/** Waits after failed requests double from the first to the last of these. */
const [firstRetryMs, longestRetryMs] = [500, 30_000];

/**
 * Sends all posts, edits and deletions of one channel, within the limits of Discord's headers: one request under way for
 * each route, urgent ones first, and no bursts that leave seconds without any.
 */
export class ChannelWriter {
  readonly #requests: MessageRequests;
  readonly #timing: SyncTiming;
  readonly #lanes: Readonly<Record<WriteRoute, WriteLane>>;
  readonly #budgets = new Map<string, RateBudget>();
  /** Chats with waiting writes. */
  readonly #chats = new Set<Chat>();
  #openChats = 0;
  #closed = false;

  constructor(requests: MessageRequests, timing: SyncTiming) {
    this.#requests = requests;
    this.#timing = timing;
    this.#lanes = { POST: newLane('POST'), PATCH: newLane('PATCH'), DELETE: newLane('DELETE') };
  }

  get isIdle(): boolean {
    const nowMs = this.#timing.nowMs();
    const isBusy = (lane: WriteLane) =>
      lane.isBusy || lane.tasks.length > 0 || this.#budget(lane).resetAtMs > nowMs;
    return this.#openChats === 0 && !Object.values(this.#lanes).some(isBusy);
  }

  chat(listener: ChatListener): ChatMessages {
    const desired = new DesiredMessages((outcome) => listener.report(outcome), newNonce);
    const chat: Chat = { desired, listener, failures: 0, notBeforeMs: 0 };
    this.#openChats++;
    return {
      isIdle: () => desired.isIdle,
      show: (message) => {
        if (this.#closed) return;
        const nowMs = this.#timing.nowMs();
        desired.put(message, nowMs);
        if (desired.isIdle) return;
        this.#chats.add(chat);
        if (message.urgency === 'whole') this.#expect(chat, message.key, nowMs);
        this.#turnAll();
      },
      gone: (messageIds) => {
        if (messageIds === 'all') desired.end('gone');
        else desired.gone(messageIds);
        listener.changed();
      },
      close: () => {
        this.#openChats--;
      },
    };
  }

  /** Sends when its turn has come. Throws what `send` throws, or `late` makes. */
  async task<T>(task: WriteTask<T>): Promise<T> {
    if (this.#closed) throw task.late();
    const { route, urgency, sinceMs = this.#timing.nowMs(), untilMs = Infinity } = task;
    const result = Promise.withResolvers<T>();
    const send = async () => {
      try {
        result.resolve(await task.send());
      } catch (error) {
        this.#learnFailure(this.#lanes[route], writeFailureOf(error));
        result.reject(error);
      }
    };
    const drop = () => result.reject(task.late());
    this.#lanes[route].tasks.push({ urgency, sinceMs, untilMs, send, drop });
    this.#turn(this.#lanes[route]);
    return await result.promise;
  }

  /** Learns from the headers of an answer over that route, for any request. */
  learn(route: WriteRoute, headers: RateLimitHeaders): void {
    const lane = this.#lanes[route];
    const known = this.#budget(lane);
    if (headers.bucket !== undefined) lane.bucket = headers.bucket;
    this.#budgets.set(lane.bucket, afterAnswer(known, headers, this.#timing.nowMs()));
  }

  /** Begins no more requests. */
  close(): void {
    this.#closed = true;
    for (const lane of Object.values(this.#lanes)) {
      lane.forget?.();
      for (const { drop } of lane.tasks) drop();
      lane.tasks = [];
    }
  }

  #budget({ bucket }: WriteLane): RateBudget {
    return this.#budgets.get(bucket) ?? assumedBudget;
  }

  #turnAll(): void {
    for (const lane of Object.values(this.#lanes)) this.#turn(lane);
  }

  /** Sends the next request over that route, or comes back when its time has come. */
  #turn(lane: WriteLane): void {
    lane.forget?.();
    lane.forget = undefined;
    if (this.#closed || lane.isBusy) return;
    const nowMs = this.#timing.nowMs();
    this.#dropLate(lane, nowMs);
    lane.demand = recentDemand(lane.demand, nowMs);
    const { candidates, nextMs } = this.#candidates(lane, nowMs);
    const pace = {
      budget: this.#budget(lane),
      sentAtMs: lane.sentAtMs,
      wholeAtMs: lane.wholeAtMs,
      demandPerMs: demandPerMs(lane.demand, nowMs),
    };
    const choice = chooseWrite(candidates, pace, nowMs);
    if (choice.kind === 'send') {
      void this.#send(lane, candidates[choice.index]);
      return;
    }
    const latest = lane.tasks.map(({ untilMs }) => untilMs);
    const dueMs = choice.kind === 'wait' ? choice.untilMs : Infinity;
    const wakeMs = Math.min(dueMs, nextMs, ...latest);
    if (wakeMs === Infinity) return;
    lane.forget = this.#timing.later(Math.max(1, wakeMs - nowMs), () => this.#turn(lane));
  }

  /** Writes that could be sent, and when one that waits for its time could be. */
  #candidates(
    lane: WriteLane,
    nowMs: number,
  ): { readonly candidates: readonly Candidate[]; readonly nextMs: number } {
    const candidates: Candidate[] = lane.tasks.map((task) => ({ ...task, task }));
    let nextMs = Infinity;
    for (const chat of this.#chats) {
      const mine = [...chat.desired.waiting()].filter(
        (desired) => routes[desired.operation] === lane.route,
      );
      const open = lane.route === 'POST' ? inOrder(mine) : mine;
      for (const { key, urgency, sinceMs } of open) {
        const fromMs = Math.max(chat.notBeforeMs, chat.desired.notBeforeMs(key));
        if (fromMs > nowMs) nextMs = Math.min(nextMs, fromMs);
        else candidates.push({ urgency, sinceMs, chat, key });
      }
    }
    return { candidates, nextMs };
  }

  async #send(lane: WriteLane, candidate: Candidate | undefined): Promise<void> {
    if (!candidate) return;
    const sentAtMs = this.#timing.nowMs();
    lane.isBusy = true;
    lane.sentAtMs = sentAtMs;
    if (candidate.urgency === 'whole') lane.wholeAtMs = sentAtMs;
    this.#budgets.set(lane.bucket, afterRequest(this.#budget(lane), sentAtMs));
    try {
      if ('task' in candidate) {
        const { task } = candidate;
        lane.tasks = lane.tasks.filter((one) => one !== task);
        await task.send();
      } else await this.#fulfil(lane, candidate.chat, candidate.key, sentAtMs);
    } finally {
      lane.isBusy = false;
      this.#turnAll();
    }
  }

  async #fulfil(lane: WriteLane, chat: Chat, key: string, sentAtMs: number): Promise<void> {
    const { desired } = chat;
    const operation = desired.begin(key, sentAtMs);
    if (!operation) return;
    if (operation.kind === 'delete') chat.listener.deleting(operation.place.messageId);
    const result = await this.#perform(operation);
    const nowMs = this.#timing.nowMs();
    if (result.kind === 'failed') {
      this.#learnFailure(lane, result.failure);
      if (['unknown', 'unsent'].includes(result.failure.kind)) {
        const waitMs = Math.min(longestRetryMs, firstRetryMs * 2 ** Math.min(chat.failures++, 10));
        chat.notBeforeMs = nowMs + waitMs;
      }
    } else chat.failures = 0;
    desired.done(operation, result, sentAtMs, nowMs);
    if (desired.isIdle) this.#chats.delete(chat);
    chat.listener.changed();
  }

  /** Never throws. A thread that went to sleep is woken once. */
  async #perform(operation: MessageOperation): Promise<MessageResult> {
    const failed = (error: unknown): MessageResult => {
      return { kind: 'failed', failure: writeFailureOf(error) };
    };
    const first = await this.#requests.perform(operation).catch(failed);
    if (first.kind !== 'failed' || first.failure.kind !== 'archived') return first;
    try {
      await this.#requests.unarchive();
    } catch (error) {
      const failure = writeFailureOf(error);
      // What failed for now is tried again from the beginning.
      return failure.kind === 'refused' ? first : { kind: 'failed', failure };
    }
    return await this.#requests.perform(operation).catch(failed);
  }

  #learnFailure(lane: WriteLane, failure: WriteFailure): void {
    if (failure.kind !== 'limited') return;
    const nowMs = this.#timing.nowMs();
    const over = afterRefusal(this.#budget(lane), failure.retryAfterMs, nowMs);
    this.#budgets.set(lane.bucket, over);
  }

  #expect({ desired }: Chat, key: string, nowMs: number): void {
    for (const message of desired.waiting()) {
      if (message.key !== key) continue;
      const lane = this.#lanes[routes[message.operation]];
      lane.demand = [...recentDemand(lane.demand, nowMs), nowMs];
    }
  }

  #dropLate(lane: WriteLane, nowMs: number): void {
    const late = lane.tasks.filter(({ untilMs }) => untilMs <= nowMs);
    lane.tasks = lane.tasks.filter(({ untilMs }) => untilMs > nowMs);
    for (const { drop } of late) drop();
  }
}

type Candidate = WriteCandidate &
  ({ readonly task: QueuedTask } | { readonly chat: Chat; readonly key: string });

const routes = { post: 'POST', edit: 'PATCH', delete: 'DELETE' } as const;

/** Messages stand in the order of their first desired message: the first one goes, as urgently as any that waits behind it. */
function inOrder<T extends { readonly urgency: 'whole' | 'partial'; readonly sinceMs: number }>(
  posts: readonly T[],
): readonly T[] {
  const [first] = posts;
  if (!first) return [];
  const whole = posts.filter(({ urgency }) => urgency === 'whole');
  const sinceMs = Math.min(...(whole.length > 0 ? whole : posts).map((post) => post.sinceMs));
  return [{ ...first, urgency: whole.length > 0 ? 'whole' : 'partial', sinceMs }];
}
