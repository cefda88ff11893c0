import type { TrackName, Volumes } from '#src/session/ports/tool.ts';

/** How loud the tracks of one session are; kept while links come and go. */
export class TrackVolumes implements Volumes {
  readonly #percents = new Map<TrackName, number>();
  readonly #listeners = new Set<(track: TrackName, percent: number) => void>();

  of(track: TrackName): number {
    return this.#percents.get(track) ?? 100;
  }

  set(track: TrackName, percent: number): void {
    this.#percents.set(track, percent);
    for (const listener of this.#listeners) listener(track, percent);
  }

  /** Called at once with every volume that was set, and with each change until it is disposed of. */
  listen(listener: (track: TrackName, percent: number) => void): Disposable {
    this.#listeners.add(listener);
    for (const [track, percent] of this.#percents) listener(track, percent);
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  }
}
