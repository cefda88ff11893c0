import { Gain, toGain } from '#src/audio/loudness/loudness.ts';
import { musicFrame, musicPerMs } from '#src/audio/pcm.ts';
import type { SoundSource } from '#src/audio/sound-source.ts';
import type { Clock } from '#src/base/clock.ts';
import type { Owned, Owner } from '#src/people/owned.ts';
import {
  findNameObjection,
  isOwnTrack,
  NamedTrack,
  normaliseTrackName,
  type OwnTrack,
  toTrackKey,
} from './named-track.ts';
import type { ItemOptions, TrackItem } from './track-item.ts';
import type { TrackEvent, TrackOutcome, TrackRefusal } from './track-outcomes.ts';

/** Limit of sounds on all tracks, and of track names. A new name replaces an idle one. */
export const maxTrackSounds = 100;

/** Music under speech stays audible, and masks no word. */
const musicDuckDb = -14;
const [duckMs, restoreMs] = [80, 400];

/** Frames between looks at the gains: 100 ms. */
const gainFrames = 5;

/** Draws the tracks. Without one, nothing is done for it. */
export interface TracksWatcher {
  /** Called after a change of a track, maybe often. */
  onChange(): void;
  /** Called after each 100 ms of mixed sound, in which gains may have changed. */
  onMixed(): void;
}

/** A sound that stays behind, and its track. */
export type LeftSound = { readonly track: string; readonly item: TrackItem };

/**
 * Tracks by name, each with a queue, that sound together.
 *
 * Nothing is read or mixed before `pullFrame`. Only sounds that are open to anyone are taken before `moveTo`.
 */
export class NamedTracks {
  /** Volumes of the bot's own tracks. Their sound comes from elsewhere. */
  readonly own: { readonly [Name in OwnTrack]: NamedTrack };
  readonly #clock: Clock;
  readonly #tracks = new Map<string, NamedTrack>();
  readonly #sum = new Float32Array(2 * musicFrame);
  readonly #raw = new Float32Array(2 * musicFrame);
  readonly #gain = new Gain();
  #isDucked = false;
  #hasSound = false;
  readonly #listeners = new Set<(event: TrackEvent) => void>();
  #watcher: TracksWatcher | undefined;
  #unwatchedFrames = 0;
  #onSound: (() => void) | undefined;
  #isPaused = false;
  #isClosed = false;
  #isHearable: (owner: Owner) => boolean = (owner) => owner === 'given';

  constructor(clock: Clock) {
    this.#clock = clock;
    const createOwnTrack = (name: OwnTrack) => new NamedTrack(name, clock, this);
    this.own = { voice: createOwnTrack('voice'), cues: createOwnTrack('cues') };
  }

  /** Finds a track by its name in any spelling, the bot's own tracks included. Undefined if there is none. */
  findTrack(name: string): NamedTrack | undefined {
    const key = toTrackKey(name);
    return isOwnTrack(key) ? this.own[key] : this.#tracks.get(key);
  }

  /** Lists tracks, oldest first, without the bot's own. */
  listTracks(): readonly NamedTrack[] {
    return [...this.#tracks.values()];
  }

  /** Finds the reason why no sound can be added to a track of this name. Undefined if one can be added. */
  findRefusal(name: string): TrackRefusal | undefined {
    if (this.#isClosed) return { kind: 'nowhere' };
    const track = normaliseTrackName(name);
    const objection = findNameObjection(track);
    if (objection === 'bad-name') return { kind: objection };
    if (objection) return { kind: objection, track };
    const count = this.listTracks().reduce((sum, { items }) => sum + items.length, 0);
    return count < maxTrackSounds ? undefined : { kind: 'full', limit: maxTrackSounds };
  }

  /** Adds a sound to a track, which is created if there is none of this name. `nowhere`: it may not be heard here. */
  enqueue(
    name: string,
    sound: Owned<SoundSource>,
    options: ItemOptions = {},
  ): TrackOutcome {
    return this.findRefusal(name) ?? this.#openTrack(name).enqueue(sound, options);
  }

  /**
   * Has the tracks sound where only words of some owners may be heard. Sounds of others end as `left`: now, or later when
   * `mayBeHeard`, which is asked at each frame, says no. Lists those that end now.
   */
  moveTo(mayBeHeard: (owner: Owner) => boolean): readonly LeftSound[] {
    this.#isHearable = mayBeHeard;
    return [...this.#tracks].flatMap(([key, track]) => {
      const items = track.leaveBehind();
      // People chose the name, too.
      if (items.length > 0 && track.items.length === 0) this.#tracks.delete(key);
      return items.map((item) => ({ track: track.name, item }));
    });
  }

  /** Returns whether words of an owner may be heard where the tracks sound now. Only tracks call this. */
  mayBeHeard(owner: Owner): boolean {
    return this.#isHearable(owner);
  }

  /** True if all tracks are paused together. */
  get isPaused(): boolean {
    return this.#isPaused;
  }

  /** True if a track has a sound that is neither paused nor muted nor at volume 0. */
  get isAudible(): boolean {
    return this.listTracks().some((track) => track.isAudible);
  }

  /** Pauses or resumes all tracks. A track that was paused alone stays paused. */
  pause(on: boolean): void {
    if (on === this.#isPaused) return;
    this.#isPaused = on;
    for (const track of this.#tracks.values()) track.changeState();
  }

  /** Ends speech and pauses other sounds on all tracks. Lists the tracks that had sound. */
  silence(): readonly NamedTrack[] {
    return this.listTracks().filter((track) => track.silence());
  }

  /** Calls `listener` synchronously until disposed. */
  listen(listener: (event: TrackEvent) => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  }

  /** Replaces the watcher. */
  watch(watcher: TracksWatcher): void {
    this.#watcher = watcher;
  }

  /** Factor by which all named tracks are ducked now, 1 where they are not. */
  get duckGain(): number {
    return this.#gain.value;
  }

  /** Mixes the next 20 ms, ducked while the bot speaks. Undefined for silence. The frame is valid until the next pull. */
  pullFrame(isSpeaking: boolean): Float32Array | undefined {
    const hadSound = this.#hasSound;
    this.#hasSound = false;
    if (isSpeaking !== this.#isDucked) {
      this.#isDucked = isSpeaking;
      const overMs = hadSound ? (isSpeaking ? duckMs : restoreMs) : 0;
      this.#gain.rampTo(isSpeaking ? toGain(musicDuckDb) : 1, overMs * musicPerMs);
    }
    for (const track of this.#tracks.values()) this.#addTrack(track);
    this.#gain.applyToStereo(this.#hasSound ? this.#sum : undefined);
    if (this.#watcher) this.#countFrame(this.#watcher);
    return this.#hasSound ? this.#sum : undefined;
  }

  /** Returns whether `pullFrame` would advance a track, even an inaudible one. */
  get isMoving(): boolean {
    return this.listTracks().some(({ isReady }) => isReady);
  }

  /** Replaces the listener for sound after silence, for a new connection. Its listeners hear no click at first. */
  onSound(listener: () => void): void {
    this.#onSound = listener;
    for (const track of this.#tracks.values()) track.startOver();
    this.#wakeOutput();
  }

  /** Ends all sounds. Later ones are refused. */
  close(): void {
    this.#isClosed = true;
    for (const track of this.listTracks()) track.close();
  }

  #countFrame(watcher: TracksWatcher) {
    this.#unwatchedFrames++;
    if (this.#unwatchedFrames < gainFrames) return;
    this.#unwatchedFrames = 0;
    watcher.onMixed();
  }

  #addTrack(track: NamedTrack) {
    const sum = this.#sum;
    const raw = this.#hasSound ? this.#raw : sum;
    if (!track.pull(raw)) return;
    this.#hasSound = true;
    if (raw !== sum)
      for (let n = 0; n < sum.length; n++) sum[n] = (sum[n] ?? 0) + (raw[n] ?? 0);
  }

  #openTrack(name: string) {
    const existingTrack = this.findTrack(name);
    if (existingTrack) return existingTrack;
    const idle = this.listTracks().find(({ items }) => items.length === 0);
    if (idle && this.#tracks.size >= maxTrackSounds)
      this.#tracks.delete(toTrackKey(idle.name));
    const track = new NamedTrack(normaliseTrackName(name), this.#clock, this);
    this.#tracks.set(toTrackKey(name), track);
    return track;
  }

  /** Passes an event of a track to the listeners, and wakes the output. Only tracks call this. */
  report(event?: TrackEvent): void {
    if (event) for (const listener of this.#listeners) listener(event);
    this.#watcher?.onChange();
    this.#wakeOutput();
  }

  #wakeOutput() {
    if (this.isMoving) this.#onSound?.();
  }
}
