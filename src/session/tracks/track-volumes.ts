import type { TrackName } from '#src/session/ports/tool.ts';

/** Volumes of the tracks of one session, in percent of the source; kept while links come and go. */
export class TrackVolumes {
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
