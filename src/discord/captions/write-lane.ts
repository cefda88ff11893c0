import type { WriteCandidate, WriteUrgency } from './pacing.ts';

/** Routes of the messages of a channel; each has a rate limit of its own. */
export type WriteRoute = 'POST' | 'PATCH' | 'DELETE';

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

export type QueuedTask = WriteCandidate & {
  readonly untilMs: number;
  readonly send: () => Promise<void>;
  readonly drop: () => void;
};

/** One route of one channel: what waits there, and when it was used. */
export type WriteLane = {
  readonly route: WriteRoute;
  bucket: string;
  isBusy: boolean;
  sentAtMs: number;
  wholeAtMs: number;
  demand: readonly number[];
  tasks: QueuedTask[];
  forget: (() => void) | undefined;
};

export function newLane(route: WriteRoute): WriteLane {
  return {
    route,
    bucket: route,
    isBusy: false,
    sentAtMs: 0,
    wholeAtMs: 0,
    demand: [],
    tasks: [],
    forget: undefined,
  };
}
