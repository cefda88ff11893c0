import type { SoundSource } from '#src/audio/sound-source.ts';
import type { Clock } from '#src/base/clock.ts';
import { Gain, musicFrame, musicPerMs, toGain } from '#src/playback/mix/gain.ts';
import { NamedTrack } from './named-track.ts';
import type { ItemOptions } from './track-item.ts';
import {
  findNameObjection,
  isOwnTrack,
  type OwnTrack,
  trackKey,
  trackName,
} from './track-name.ts';
import type { TrackEvent, TrackOutcome, TrackRefusal } from './track-outcomes.ts';

/** Sounds of all tracks, those that play and those that wait; and names, of which an idle one makes room for a new one. */
export const mostSounds = 100;

/** Gain of named tracks under speech, in dB: still heard, and no word is masked. */
const duckDb = -14;
/** Duration, in ms, of the glide down to it, and of the one back. */
const [downMs, upMs] = [80, 400];

/**
 * Tracks by name, each with its own queue, that sound together.
 *
 * Nothing is read or mixed before a call of `pull`; without that everything stays where it is.
 */
export class NamedTracks {
  /** The bot's own tracks, of which these hold the volume; what sounds there does not come from here. */
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

  /** Undefined where nothing was ever played under that name, in any case. */
  findTrack(name: string): NamedTrack | undefined {
    const key = trackKey(name);
    return isOwnTrack(key) ? this.own[key] : this.#tracks.get(key);
  }

  /** All tracks of people, those that were opened first before the others. */
  listTracks(): readonly NamedTrack[] {
    return [...this.#tracks.values()];
  }

  /** Why no sound can be added to a track of that name; undefined where one can. */
  findRefusal(name: string): TrackRefusal | undefined {
    if (this.#isClosed) return { kind: 'nowhere' };
    const track = trackName(name);
    const objection = findNameObjection(track);
    if (objection === 'bad-name') return { kind: objection };
    if (objection) return { kind: objection, track };
    const count = this.listTracks().reduce((sum, { items }) => sum + items.length, 0);
    return count < mostSounds ? undefined : { kind: 'full', limit: mostSounds };
  }

  /** Adds a sound; makes the track. */
  enqueue(name: string, source: SoundSource, options: ItemOptions = {}): TrackOutcome {
    return this.findRefusal(name) ?? this.#openTrack(name).enqueue(source, options);
  }

  get isPaused(): boolean {
    return this.#isPaused;
  }

  /** Whether a track may be heard now. */
  get isAudible(): boolean {
    const isHeard = ({ now, state }: NamedTrack) =>
      now !== undefined && !state.isPaused && !state.isMuted && state.percent > 0;
    return !this.#isPaused && this.listTracks().some(isHeard);
  }

  /** Pauses all, or ends that; a track paused by itself stays so afterwards. */
  pause(on: boolean): void {
    if (on === this.#isPaused) return;
    this.#isPaused = on;
    for (const track of this.#tracks.values()) track.follow();
  }

  /** Calls `listener` synchronously for each event, until disposed of. */
  listen(listener: (event: TrackEvent) => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  }

  /**
   * For the mixer: the next 20 ms of all of them in two channels, not limited and good until the next pull, or undefined
   * while they are silent.
   */
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

  /** For the mixer: whether a pull would advance a track, audible or not. */
  get isMoving(): boolean {
    return this.listTracks().some(({ isReady }) => isReady);
  }

  /** For the mixer of a new link: called whenever there may be sound again. Replaces the former listener. */
  onSound(listener: () => void): void {
    this.#onSound = listener;
    for (const track of this.#tracks.values()) track.startOver();
    this.#wakeOutput();
  }

  /** Ends everything, for good. */
  close(): void {
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
    const idle = this.listTracks().find(({ now }) => !now);
    if (idle && this.#tracks.size >= mostSounds) this.#tracks.delete(idle.key);
    const track = new NamedTrack(trackName(name), this.#clock, this);
    this.#tracks.set(track.key, track);
    return track;
  }

  /** For a track: tells listeners of an event, and without one the mixer that there may be sound. */
  report(event?: TrackEvent): void {
    if (event) for (const listener of this.#listeners) listener(event);
    this.#wakeOutput();
  }

  #wakeOutput() {
    if (this.isMoving) this.#onSound?.();
  }
}
