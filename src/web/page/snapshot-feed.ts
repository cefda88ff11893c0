import type { Clock } from '#src/base/clock.ts';
import type { OperatorViewer, PageSnapshot, ShownSnapshot } from './snapshot.ts';

/** Viewer of the page. */
export type Watcher = {
  readonly viewer: OperatorViewer;
  /** Takes a Server-Sent Event, whole. Resolves once it is on its way; until then nothing more is sent. */
  send(event: Uint8Array): Promise<unknown>;
  /** They are to be let in anew, or not any more. */
  end(): void;
};

export type SnapshotFeedOptions = {
  readonly clock: Pick<Clock, 'nowMs' | 'sleep'>;
  take(): PageSnapshot;
  /** Part of the snapshot that a viewer may see. */
  show(viewer: OperatorViewer, snapshot: PageSnapshot): ShownSnapshot;
  /** Asked before each snapshot. */
  isCurrent(viewer: OperatorViewer): boolean;
  /** Told of a snapshot that could not be taken: a bug. Never throws. */
  onBug(error: unknown): void;
};

type Watching = Watcher & {
  readonly sinceMs: number;
  isBusy: boolean;
  /** Number of the last event that was sent. */
  seen: number;
};

/** Latest snapshot that viewers of one kind share, and its events: whole, and what changed since the one before. */
type Latest = {
  readonly number: number;
  readonly shown: WireSnapshot;
  readonly whole: () => Uint8Array;
  readonly patch: (() => Uint8Array) | undefined;
};

/** Snapshot as it is sent: rooms and servers by the id of their server, so that a patch names only those that changed. */
export type WireSnapshot = Omit<ShownSnapshot, 'rooms' | 'servers'> & {
  readonly rooms: Readonly<Record<string, ShownSnapshot['rooms'][number]>>;
  readonly servers: Readonly<Record<string, ShownSnapshot['servers'][number]>>;
};

/** Interval, in ms, between two snapshots. */
const intervalMs = 1_000;
/** Time, in ms, after which a watcher has to ask again: sessions end. */
const longestMs = 10 * 60_000;
const mostWatchers = 100;
const encoder = new TextEncoder();

/**
 * Takes one snapshot a second for all watchers; without a watcher nothing runs. A watcher gets the first one whole, and then what
 * changed; a slow reader misses some, and gets a whole one after that.
 */
export class SnapshotFeed {
  readonly #options: SnapshotFeedOptions;
  readonly #watching = new Set<Watching>();
  /** By viewer; owners see the same. */
  #latest = new Map<string, Latest>();
  #running: AbortController | undefined;

  constructor(options: SnapshotFeedOptions) {
    this.#options = options;
  }

  /** Number of watchers. */
  get size(): number {
    return this.#watching.size;
  }

  /** Undefined where too many watch already. Disposing ends it. The first snapshot comes at once. */
  add(watcher: Watcher): Disposable | undefined {
    if (this.#watching.size >= mostWatchers) return undefined;
    const { viewer } = watcher;
    const one: Watching = {
      viewer,
      send: (event) => watcher.send(event),
      end: () => watcher.end(),
      sinceMs: this.#options.clock.nowMs(),
      ...{ isBusy: false, seen: 0 },
    };
    this.#watching.add(one);
    if (this.#running) this.#welcome(one);
    else void this.#run();
    return {
      [Symbol.dispose]: () => {
        this.#watching.delete(one);
        if (this.#watching.size === 0) this.#running?.abort(new Error('there is no watcher'));
      },
    };
  }

  async #run(): Promise<void> {
    const running = new AbortController();
    this.#running = running;
    try {
      while (!running.signal.aborted) {
        this.#report();
        await this.#options.clock.sleep(intervalMs, running.signal);
      }
    } catch {
      // There is no watcher any more.
    }
    if (this.#running === running) {
      this.#running = undefined;
      this.#latest.clear();
    }
    if (this.#watching.size > 0 && !this.#running) void this.#run();
  }

  /** Takes a snapshot for all who watch. Never throws. */
  #report(): void {
    const { onBug, show, take } = this.#options;
    try {
      const former = this.#latest;
      this.#latest = new Map();
      let snapshot: PageSnapshot | undefined;
      for (const one of this.#watching) {
        if (!this.#mayStay(one)) continue;
        snapshot ??= take();
        const key = keyOf(one.viewer);
        const latest = this.#latest.get(key) ?? after(former.get(key), show(one.viewer, snapshot));
        this.#latest.set(key, latest);
        this.#offer(one, latest);
      }
    } catch (error) {
      onBug(error);
    }
  }

  /** Sends the latest snapshot to a new watcher. Never throws. */
  #welcome(one: Watching): void {
    const { onBug, show, take } = this.#options;
    try {
      if (!this.#mayStay(one)) return;
      const key = keyOf(one.viewer);
      const latest = this.#latest.get(key) ?? after(undefined, show(one.viewer, take()));
      this.#latest.set(key, latest);
      this.#offer(one, latest);
    } catch (error) {
      onBug(error);
    }
  }

  #mayStay(one: Watching): boolean {
    const { clock, isCurrent } = this.#options;
    const isOver = clock.nowMs() - one.sinceMs >= longestMs || !isCurrent(one.viewer);
    if (isOver) one.end();
    return !isOver;
  }

  #offer(one: Watching, { number, patch, whole }: Latest): void {
    if (one.isBusy) return;
    const isNext = patch !== undefined && one.seen === number - 1;
    one.seen = number;
    void this.#send(one, isNext ? patch() : whole());
  }

  async #send(one: Watching, event: Uint8Array): Promise<void> {
    one.isBusy = true;
    try {
      await one.send(event);
    } catch {
      one.end();
    } finally {
      one.isBusy = false;
    }
  }
}

function keyOf(viewer: OperatorViewer): string {
  return viewer.kind === 'owner' ? '' : `${viewer.guildId} ${viewer.userId}`;
}

/** The snapshot after `former`, with its events; each is made once, when it is first sent. */
function after(former: Latest | undefined, snapshot: ShownSnapshot): Latest {
  const shown = keyed(snapshot);
  const before = former?.shown;
  return {
    number: (former?.number ?? 0) + 1,
    shown,
    whole: once(() => eventOf('snapshot', shown)),
    patch: before && once(() => eventOf('patch', patchOf(before, shown) ?? {})),
  };
}

function keyed({ rooms, servers, ...rest }: ShownSnapshot): WireSnapshot {
  return { ...rest, rooms: byServer(rooms), servers: byServer(servers) };
}

function byServer<One extends { readonly guildId: string }>(all: readonly One[]) {
  return Object.fromEntries(all.map((one) => [one.guildId, one]));
}

/**
 * JSON Merge Patch (RFC 7396) that makes `after` of `before`; undefined where they are alike. Lists are replaced as a whole. No
 * value is null, as that deletes.
 */
export function patchOf(before: unknown, after: unknown): unknown {
  if (!isObject(before) || !isObject(after)) return isAlike(before, after) ? undefined : after;
  const changed = Object.entries(after).flatMap(([name, value]) => {
    const patch = value === undefined ? undefined : patchOf(before[name], value);
    return patch === undefined ? [] : [[name, patch] as const];
  });
  const gone = Object.keys(before).filter(
    (name) => before[name] !== undefined && after[name] === undefined,
  );
  if (changed.length + gone.length === 0) return undefined;
  return Object.fromEntries([...changed, ...gone.map((name) => [name, null] as const)]);
}

function isAlike(one: unknown, other: unknown): boolean {
  return (
    one === other || (typeof one === 'object' && JSON.stringify(one) === JSON.stringify(other))
  );
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function once<Value>(make: () => Value): () => Value {
  let made: { readonly value: Value } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}

/** JSON has no line breaks, so it is one line of the event. */
function eventOf(name: 'patch' | 'snapshot', data: unknown): Uint8Array {
  return encoder.encode(`event: ${name}\ndata: ${JSON.stringify(data)}\n\n`);
}
