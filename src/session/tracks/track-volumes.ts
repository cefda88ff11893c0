import type { TrackName, Volumes } from '#src/session/ports/tool.ts';

/** How loud the tracks of one session are; kept while links come and go. */
export class TrackVolumes implements Volumes {
  readonly #percents = new Map<TrackName, number>();
  #listener: ((track: TrackName, percent: number) => void) | undefined;

  of(track: TrackName): number {
    return this.#percents.get(track) ?? 100;
  }

  set(track: TrackName, percent: number): void {
    this.#percents.set(track, percent);
    this.#listener?.(track, percent);
  }

  /** Called at once with every volume that was set, and with each change. Replaces the former listener. */
  onChange(listener: (track: TrackName, percent: number) => void): void {
    this.#listener = listener;
    for (const [track, percent] of this.#percents) listener(track, percent);
  }
}
