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

type Watching = Watcher & { readonly sinceMs: number; isBusy: boolean };

/** Interval, in ms, between two snapshots. */
const intervalMs = 1_000;
/** Time, in ms, after which a watcher has to ask again: sessions end. */
const longestMs = 10 * 60_000;
const mostWatchers = 100;
const encoder = new TextEncoder();

/** Takes one snapshot a second for all watchers; without a watcher nothing runs. A slow reader misses some. */
export class SnapshotFeed {
  readonly #options: SnapshotFeedOptions;
  readonly #watching = new Set<Watching>();
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
      isBusy: false,
    };
    this.#watching.add(one);
    if (this.#running) this.#report([one]);
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
        this.#report([...this.#watching]);
        await this.#options.clock.sleep(intervalMs, running.signal);
      }
    } catch {
      // There is no watcher any more.
    }
    if (this.#running === running) this.#running = undefined;
    if (this.#watching.size > 0 && !this.#running) void this.#run();
  }

  /** Never throws. */
  #report(watchers: readonly Watching[]): void {
    const { clock, isCurrent, onBug, show, take } = this.#options;
    try {
      const events = new Map<string, Uint8Array>();
      let snapshot: PageSnapshot | undefined;
      for (const one of watchers) {
        const isOver = clock.nowMs() - one.sinceMs >= longestMs || !isCurrent(one.viewer);
        if (isOver) one.end();
        if (isOver || one.isBusy) continue;
        snapshot ??= take();
        const key = one.viewer.kind === 'owner' ? '' : `${one.viewer.guildId} ${one.viewer.userId}`;
        const event = events.get(key) ?? eventOf(show(one.viewer, snapshot));
        events.set(key, event);
        void this.#send(one, event);
      }
    } catch (error) {
      onBug(error);
    }
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

/** Made once for all who see the same. JSON has no line breaks, so it is one line of the event. */
function eventOf(snapshot: ShownSnapshot): Uint8Array {
  return encoder.encode(`event: snapshot\ndata: ${JSON.stringify(snapshot)}\n\n`);
}
