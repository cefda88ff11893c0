import type { SoundSource } from '#src/audio/sound-source.ts';
import type { Clock } from '#src/base/clock.ts';
import { Gain, musicFrame, musicPerMs, toGain } from '#src/playback/mix/gain.ts';
import {
  findNameObjection,
  isOwnTrack,
  NamedTrack,
  normaliseTrackName,
  type OwnTrack,
  toTrackKey,
} from './named-track.ts';
import type { ItemOptions } from './track-item.ts';
import type { TrackEvent, TrackOutcome, TrackRefusal } from './track-outcomes.ts';

/** Limit of sounds on all tracks, and of track names. A new name replaces an idle one. */
export const mostSounds = 100;

/** Music under speech stays audible, and masks no word. */
const duckDb = -14;
const [downMs, upMs] = [80, 400];

/**
 * Tracks by name, each with a queue, that sound together.
 *
 * Nothing is read or mixed before `pull`.
 */
export class NamedTracks {
  /** Volumes of the bot's own tracks. Their sound comes from elsewhere. */
  readonly own: { readonly [Name in OwnTrack]: NamedTrack };
  readonly #clock;
  readonly #tracks = new Map<string, NamedTrack>();
  readonly #sum = new Float32Array(2 * musicFrame);
  readonly #raw = new Float32Array(2 * musicFrame);
  readonly #gain = new Gain();
  #isDucked = false;
  #sounds = false;
  readonly #listeners = new Set<(event: TrackEvent) => void>();
  #onSound: (() => void) | undefined;
  #isPaused = false;
  #isClosed = false;

  constructor(clock: Clock) {
    this.#clock = clock;
    const track = (name: OwnTrack) => new NamedTrack(name, clock, this);
    this.own = { voice: track('voice'), cues: track('cues') };
  }

  findTrack(name: string): NamedTrack | undefined {
    const key = toTrackKey(name);
    return isOwnTrack(key) ? this.own[key] : this.#tracks.get(key);
  }

  /** Lists tracks, oldest first, without the bot's own. */
  listTracks(): readonly NamedTrack[] {
    return [...this.#tracks.values()];
  }

  findRefusal(name: string): TrackRefusal | undefined {
    if (this.#isClosed) return { kind: 'nowhere' };
    const track = normaliseTrackName(name);
    const objection = findNameObjection(track);
    if (objection === 'bad-name') return { kind: objection };
    if (objection) return { kind: objection, track };
    const count = this.listTracks().reduce((sum, { items }) => sum + items.length, 0);
    return count < mostSounds ? undefined : { kind: 'full', limit: mostSounds };
  }

  enqueue(name: string, source: SoundSource, options: ItemOptions = {}): TrackOutcome {
    return this.findRefusal(name) ?? this.#openTrack(name).enqueue(source, options);
  }

  get isPaused(): boolean {
    return this.#isPaused;
  }

  get isAudible(): boolean {
    if (this.#isPaused) return false;
    return this.listTracks().some(
      ({ items: [now], state }) =>
        now !== undefined && !state.isPaused && !state.isMuted && state.percent > 0,
    );
  }

  /** Pauses or resumes all tracks. A track that was paused alone stays paused. */
  pause(on: boolean) {
    if (on === this.#isPaused) return;
    this.#isPaused = on;
    for (const track of this.#tracks.values()) track.changeState();
  }

  /** Calls `listener` synchronously until disposed. */
  listen(listener: (event: TrackEvent) => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  }

  /** The frame is valid until the next pull. */
  pull(isSpeaking: boolean): Float32Array | undefined {
    const hasSounded = this.#sounds;
    this.#sounds = false;
    if (isSpeaking !== this.#isDucked) {
      this.#isDucked = isSpeaking;
      const overMs = hasSounded ? (isSpeaking ? downMs : upMs) : 0;
      this.#gain.rampTo(isSpeaking ? toGain(duckDb) : 1, overMs * musicPerMs);
    }
    for (const track of this.#tracks.values()) this.#addTrack(track);
    this.#gain.applyToStereo(this.#sounds ? this.#sum : undefined);
    return this.#sounds ? this.#sum : undefined;
  }

  /** Returns whether `pull` would advance a track, even an inaudible one. */
  get isMoving(): boolean {
    return this.listTracks().some(({ isReady }) => isReady);
  }

  onSound(listener: () => void) {
    this.#onSound = listener;
    for (const track of this.#tracks.values()) track.startOver();
    this.#wakeOutput();
  }

  close() {
    this.#isClosed = true;
    for (const track of this.listTracks()) track.close();
  }

  #addTrack(track: NamedTrack) {
    const sum = this.#sum;
    const raw = this.#sounds ? this.#raw : sum;
    if (!track.pull(raw)) return;
    this.#sounds = true;
    if (raw !== sum)
      for (let n = 0; n < sum.length; n++) sum[n] = (sum[n] ?? 0) + (raw[n] ?? 0);
  }

  #openTrack(name: string) {
    const known = this.findTrack(name);
    if (known) return known;
    const idle = this.listTracks().find(({ items }) => items.length === 0);
    if (idle && this.#tracks.size >= mostSounds)
      this.#tracks.delete(toTrackKey(idle.name));
    const track = new NamedTrack(normaliseTrackName(name), this.#clock, this);
    this.#tracks.set(toTrackKey(name), track);
    return track;
  }

  report(event?: TrackEvent) {
    if (event) for (const listener of this.#listeners) listener(event);
    this.#wakeOutput();
  }

  #wakeOutput() {
    if (this.isMoving) this.#onSound?.();
  }
}
