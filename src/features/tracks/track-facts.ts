import { isDeepStrictEqual } from 'node:util';
import type { Clock } from '#src/base/clock.ts';
import type { NamedTrack } from '#src/playback/tracks/named-track.ts';
import type { NamedTracks } from '#src/playback/tracks/named-tracks.ts';
import type { RoomView } from '#src/ports/room-view.ts';
import type { TrackFact } from '#src/ports/track-fact.ts';

/** A position that differs more from the expected one was sought, or stood still. */
const maxDriftMs = 400;

type ShownTracks = { readonly tracks: readonly TrackFact[]; readonly atMs: number };

/** Shows the tracks of a session on a page, at each change, and their gains while these change. */
export class TrackFacts {
  readonly #tracks: NamedTracks;
  readonly #view: RoomView;
  readonly #clock: Clock;
  #shown: ShownTracks = { tracks: [], atMs: 0 };
  #isDue = false;
  #isOver = false;

  constructor(tracks: NamedTracks, view: RoomView, clock: Clock) {
    this.#tracks = tracks;
    this.#view = view;
    this.#clock = clock;
    tracks.watch({ onChange: () => this.#showSoon(), onMixed: () => this.#show() });
    this.#showSoon();
  }

  /** Shows that there are no tracks any more. */
  close(): void {
    this.#isOver = true;
    this.#view.show({ kind: 'tracks', tracks: [] });
  }

  /** One command changes several things at once. */
  #showSoon() {
    if (this.#isDue) return;
    this.#isDue = true;
    queueMicrotask(() => {
      this.#isDue = false;
      this.#show();
    });
  }

  #show() {
    if (this.#isOver) return;
    const tracks = listTrackFacts(this.#tracks);
    const atMs = this.#clock.nowMs();
    if (isAsShown(tracks, this.#shown, atMs)) return;
    this.#shown = { tracks, atMs };
    this.#view.show({ kind: 'tracks', tracks });
  }
}

/** Lists the tracks with a sound, oldest first, and then the voice of the bot. */
function listTrackFacts(tracks: NamedTracks): readonly TrackFact[] {
  const busyTracks = tracks.listTracks().filter(({ items }) => items.length > 0);
  return [
    ...busyTracks.map((track) => toTrackFact(track, tracks.duckGain, tracks.isPaused)),
    toTrackFact(tracks.own.voice, 1, false),
  ];
}

function toTrackFact(
  { gain, items, name, state }: NamedTrack,
  duckGain: number,
  isGroupPaused: boolean,
): TrackFact {
  const [item] = items;
  const { percent, isMuted, isPaused } = state;
  return {
    name,
    // A sound without an origin is speech, and its title has its words.
    title: item?.origin && item.title,
    isBusy: item !== undefined,
    percent,
    isMuted,
    isPaused: isPaused || isGroupPaused,
    isLooping: item?.isLooping ?? false,
    waiting: Math.max(0, items.length - 1),
    positionMs: item && Math.round(item.positionMs),
    lengthMs: item?.source.lengthMs,
    gainPercent: Math.round(100 * gain * duckGain),
  };
}

function isAsShown(
  tracks: readonly TrackFact[],
  shown: ShownTracks,
  atMs: number,
): boolean {
  if (tracks.length !== shown.tracks.length) return false;
  return tracks.every((track, n) => {
    const before = shown.tracks[n];
    if (!before) return false;
    const { positionMs = 0 } = track;
    const passedMs = before.isPaused ? 0 : atMs - shown.atMs;
    const isOnCourse =
      Math.abs(positionMs - (before.positionMs ?? 0) - passedMs) <= maxDriftMs;
    const isSame = isDeepStrictEqual(
      { ...track, positionMs: 0 },
      { ...before, positionMs: 0 },
    );
    return isSame && (!track.isBusy || isOnCourse);
  });
}
