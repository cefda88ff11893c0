import { Declicker, Gain, rampSamples } from '#src/audio/loudness/loudness.ts';
import { musicFrame, musicPerMs } from '#src/audio/pcm.ts';
import type { SoundSource } from '#src/audio/sound-source.ts';
import type { Clock } from '#src/base/clock.ts';
import type { BotError } from '#src/base/errors.ts';
import type { PersonId } from '#src/base/ids.ts';
import type { PlayEnd } from '#src/base/play-end.ts';
import { maxVolumePercent } from '#src/base/volume.ts';
import type { Owned, Owner } from '#src/people/owned.ts';
import { type ItemOptions, TrackItem } from './track-item.ts';
import type {
  SeekTarget,
  TrackChange,
  TrackCommand,
  TrackEvent,
  TrackOutcome,
  TrackState,
} from './track-outcomes.ts';
import { findMeantSound } from './track-sounds.ts';

/** Tracks of the bot's own speech and cues. */
export const ownTracks = ['voice', 'cues'] as const;
export type OwnTrack = (typeof ownTracks)[number];

/** Returns whether a normalised name is one of the bot's own tracks. */
export function isOwnTrack(name: string): name is OwnTrack {
  return ownTracks.some((ownTrack) => ownTrack === name);
}

const reservedNames: ReadonlySet<string> = new Set([...ownTracks, 'all']);
/** In grapheme clusters. */
const maxNameChars = 40;
/** In UTF-16 code units, so that the id of a button can hold the name. */
export const maxNameUnits = 75;

/** Invisible characters, without those that join emoji or shape letters. */
const unseenCharacters =
  /[[\p{Cc}\p{Default_Ignorable_Code_Point}]--[\p{White_Space}\p{Variation_Selector}\u200c\u200d\u{e0020}-\u{e007f}]]/gv;
const ignorableCharacters = /\p{Default_Ignorable_Code_Point}/gu;
const spaces = /\p{White_Space}+/gu;
/** A name needs a visible character besides dots, since a path of dots is another path. */
const visibleCharacter =
  /[^\p{White_Space}\p{Default_Ignorable_Code_Point}\u2800.\u2026]/u;
const graphemes = new Intl.Segmenter('und', { granularity: 'grapheme' });

/**
 * Normalises a name for display: Unicode form C, single spaces, nothing invisible. Own tracks are
 * in lower case.
 */
export function normaliseTrackName(typed: string): string {
  const name = tidyName(typed);
  const key = toTrackKey(name);
  return reservedNames.has(key) ? key : name;
}

/** Normalises a name for comparison: full case folding, without invisible characters. */
export function toTrackKey(typed: string): string {
  return [...tidyName(typed).replace(ignorableCharacters, '')]
    .map(foldCase)
    .join('')
    .normalize('NFC');
}

/** Finds the reason why a normalised name cannot be given to a track. Undefined if the name can be given. */
export function findNameObjection(name: string): 'bad-name' | 'reserved' | undefined {
  if (name.length > maxNameUnits || !visibleCharacter.test(name)) return 'bad-name';
  if ([...graphemes.segment(name)].length > maxNameChars) return 'bad-name';
  return reservedNames.has(toTrackKey(name)) ? 'reserved' : undefined;
}

function tidyName(typed: string) {
  return typed
    .toWellFormed()
    .replace(unseenCharacters, '')
    .replace(spaces, ' ')
    .trim()
    .normalize('NFC');
}

/**
 * Folds by way of the capital: `\u00df` and `\u1e9e` become `ss`, `\u03c2` becomes `\u03c3`. The
 * dotless i stays a letter of its own.
 */
function foldCase(letter: string) {
  return letter === '\u0131'
    ? letter
    : letter.toLowerCase().toUpperCase().toLowerCase();
}

/** All tracks of a session, to which a track belongs. */
interface TrackGroup {
  readonly isPaused: boolean;
  /** Decides whether words of an owner may be heard where the tracks sound now. */
  mayBeHeard(owner: Owner): boolean;
  /** Reports an event, or without one, that there may be sound again. */
  report(event?: TrackEvent): void;
}

type Crossfade = { readonly next: TrackItem; readonly samples: number };

/** One named track: its queue and volume. Sounds follow each other without a gap or a click. */
export class NamedTrack {
  /** Spelled as at its first use. */
  readonly name: string;
  readonly #clock: Clock;
  readonly #group: TrackGroup;
  readonly #gain = new Gain();
  #state: TrackState = { percent: 100, isPaused: false, isMuted: false };
  #items: readonly TrackItem[] = [];
  #begun: TrackItem | undefined;
  #declicker = new Declicker();
  /** The next sound, which fades in while the current one ends. */
  #crossfade: Crossfade | undefined;

  constructor(name: string, clock: Clock, group: TrackGroup) {
    this.name = name;
    this.#clock = clock;
    this.#group = group;
  }

  /** Volume, pause and crossfade of this track. */
  get state(): TrackState {
    return this.#state;
  }

  /** The current sound, and those that wait. */
  get items(): readonly TrackItem[] {
    return this.#items;
  }

  /** Factor by which the volume, its fades and a mute multiply the sound now. */
  get gain(): number {
    return this.#gain.value;
  }

  /** Adds a sound at the end, or as the next one, unless it may not be heard here. The queue is not limited here. */
  enqueue(sound: Owned<SoundSource>, options: ItemOptions): TrackOutcome {
    const { name: track } = this;
    const source = sound.findForListeners((owner) => this.#group.mayBeHeard(owner));
    if (!source) return { kind: 'nowhere' };
    const { title } = source;
    const { length } = this.#items;
    const item = new TrackItem(source, sound.owner, options, this.#clock, () =>
      this.#group.report(),
    );
    const index = options.isNext ? Math.min(this.#crossfade ? 2 : 1, length) : length;
    this.#items = this.#items.toSpliced(index, 0, item);
    this.#applyState();
    const kind = index === 0 ? 'playing' : 'added';
    return { kind, title, track, place: index, ended: item.ended.promise };
  }

  /** Performs a command. Only a change of volume works without a sound. A pause fades in 5 ms. */
  perform(command: TrackCommand): TrackOutcome {
    const { name: track } = this;
    const [item] = this.#items;
    if (command.kind === 'volume') {
      const { isChange, overMs, percent } = command;
      this.changeState(
        { percent: isChange ? this.#state.percent + percent : percent },
        overMs,
      );
      return { kind: 'volume', track, percent: this.#state.percent };
    }
    return item ? this.#performOnItem(item, command) : { kind: 'empty', track };
  }

  /** Changes the state, or applies a pause of all tracks. The volume is limited to 0 to 200 %, and changes in 5 ms or more. */
  changeState(change: Partial<TrackState> = {}, overMs: number = 0): void {
    const state = { ...this.#state, ...change };
    const percent = Math.max(0, Math.min(maxVolumePercent, state.percent));
    this.#state = { ...state, percent };
    if (change.percent !== undefined || change.isMuted !== undefined)
      this.#gain.rampTo(
        state.isMuted ? 0 : percent / 100,
        Math.max(overMs * musicPerMs, rampSamples),
      );
    this.#applyState();
  }

  /** Ends all speech, and pauses the other sounds. Returns whether anything was audible. */
  silence(): boolean {
    const isAudible = this.isAudible;
    const speech = this.#items.filter(({ source }) => source.isSpeech);
    if (speech.length > 0) this.#cancelItems(speech, 'stopped');
    const item = this.#current;
    if (isAudible && item) {
      this.changeState({ isPaused: true });
      this.#group.report({ kind: 'paused', track: this.name, item });
    }
    return isAudible || speech.length > 0;
  }

  /** Ends speech that belongs to a person. */
  withdrawSpeech(personId: PersonId): void {
    const items = this.#items.filter(
      ({ owner, source }) => source.isSpeech && owner?.id === personId,
    );
    if (items.length > 0) this.#cancelItems(items, 'withdrawn');
  }

  /** True if there is a sound, and it is neither paused nor muted nor at volume 0. */
  get isAudible(): boolean {
    const { isMuted, percent } = this.#state;
    return this.#items.length > 0 && !this.#isStill && !isMuted && percent > 0;
  }

  /** Ends all sounds as `left`. */
  close(): void {
    this.#cancelItems(this.#items, 'left');
  }

  /** Ends those sounds as `left` that may not be heard where the tracks sound now. Lists them. */
  leaveBehind(): readonly TrackItem[] {
    const items = this.#items.filter((item) => !this.#mayBeHeard(item));
    if (items.length > 0) this.#cancelItems(items, 'left');
    return items;
  }

  /** Forgets the last samples, for listeners of another connection. */
  startOver(): void {
    this.#declicker = new Declicker();
  }

  /** True if `pull` would give sound or advance a sound. */
  get isReady(): boolean {
    return (
      !this.#declicker.isSilent || (!this.#isStill && (this.#current?.isReady ?? false))
    );
  }

  /** Fills `raw` with 20 ms. Returns false if nothing is audible. */
  pull(raw: Float32Array): boolean {
    const hasSound = this.#declicker.smoothFrame(
      raw,
      this.#isStill ? 0 : this.#fillFrame(raw),
    );
    this.#onBegan(this.#current);
    const isHeard = hasSound && this.#gain.steadyGain !== 0;
    this.#gain.applyToStereo(isHeard ? raw : undefined);
    return isHeard;
  }

  get #current() {
    return this.#items[0];
  }

  /**
   * Finds the first sound from `index` on that may be heard here. Those before it end, since people who may open the
   * channel can change while a sound waits and plays.
   */
  #findHearable(index: number) {
    let item = this.#items[index];
    for (; item && !this.#mayBeHeard(item); item = this.#items[index])
      this.#cancelItems([item], 'left');
    return item;
  }

  #mayBeHeard({ wordsOwner }: TrackItem) {
    return this.#group.mayBeHeard(wordsOwner);
  }

  get #isStill() {
    return this.#state.isPaused || this.#group.isPaused;
  }

  #performOnItem(
    current: TrackItem,
    command: Exclude<TrackCommand, { kind: 'volume' }>,
  ): TrackOutcome {
    const track = this.name;
    const { title } = current.source;
    const toChanged = (change: TrackChange) =>
      ({ kind: 'changed', track, change, title }) as const;
    switch (command.kind) {
      case 'pause':
      case 'resume':
        this.changeState({ isPaused: command.kind === 'pause' });
        return toChanged(command.kind);
      case 'mute':
      case 'unmute':
        this.changeState({ isMuted: command.kind === 'mute' });
        return toChanged(command.kind);
      case 'skip':
        this.#cancelItems([current], 'skipped');
        return { kind: 'skipped', track, title };
      case 'stop':
        this.#state = { ...this.#state, isPaused: false };
        this.#cancelItems(this.#items, 'stopped');
        return toChanged('stop');
      case 'seek':
        return this.#seekItem(current, command.to);
      case 'loop':
        return this.#loopItem(current, command.on);
      case 'crossfade':
        this.changeState({ crossfadeMs: command.ms });
        return { kind: 'changed', track, change: command.ms > 0 ? 'crossfade' : 'cut' };
      case 'remove':
        return this.#removeItem(command.item);
    }
  }

  #loopItem(current: TrackItem, on: boolean): TrackOutcome {
    const track = this.name;
    const { isSeekable, title } = current.source;
    if (on && !isSeekable) return { kind: 'unseekable', track, title };
    if (on) this.#startAgain();
    current.setLooping(on);
    this.#group.report();
    return { kind: 'changed', track, change: on ? 'loop' : 'unloop', title };
  }

  #removeItem(typedName: string): TrackOutcome {
    const item = findMeantSound(this.#items.slice(1), typedName);
    if (!item) return { kind: 'no-item', name: typedName, names: [] };
    this.#cancelItems([item], 'skipped');
    return { kind: 'changed', track: this.name, change: 'remove', title: item.title };
  }

  /** Ends waits for the end of a sound, which now loops. */
  #startAgain() {
    this.#endCrossfade();
    for (const { ended } of this.#items) ended.resolve('looping');
  }

  #seekItem(
    item: Pick<TrackItem, 'positionMs' | 'seek' | 'source'>,
    { kind, ms }: SeekTarget,
  ): TrackOutcome {
    const track = this.name;
    const { lengthMs, isSeekable, title } = item.source;
    if (!isSeekable) return { kind: 'unseekable', track, title };
    const positionMs = Math.max(0, kind === 'at' ? ms : item.positionMs + ms);
    if (lengthMs !== undefined && positionMs >= lengthMs)
      return { kind: 'past-end', track, title, lengthMs };
    this.#endCrossfade();
    this.#declicker.markCut();
    item.seek(positionMs);
    this.#applyState();
    return { kind: 'changed', track, change: 'seek', title, positionMs };
  }

  #cancelItems(items: readonly TrackItem[], end: PlayEnd) {
    if (
      items.some((item) => item === this.#current || item === this.#crossfade?.next)
    ) {
      this.#declicker.markCut();
      this.#crossfade = undefined;
    }
    this.#items = this.#items.filter((item) => !items.includes(item));
    for (const item of items) this.#onEnded(item, end);
    this.#applyState();
  }

  #applyState() {
    if (!this.#isStill) this.#current?.open();
    this.#group.report();
  }

  #fillFrame(raw: Float32Array) {
    let end = 0;
    for (
      let item = this.#findHearable(0);
      item && end < musicFrame;
      item = this.#findHearable(0)
    ) {
      item.open(this.#crossfadeSamples);
      if (!item.isReady) break;
      const { waitingSamples } = item;
      const from = end;
      end += item.takeSamples(raw, from);
      if (item.isWhole)
        this.#crossfadeOn(raw.subarray(2 * from, 2 * end), waitingSamples);
      else if (end < musicFrame) item.markStarved();
      if (!item.isDrained) break;
      this.#crossfade = undefined;
      this.#items = this.#items.slice(1);
      this.#onEnded(item, item.error ? 'failed' : 'completed', item.error);
    }
    return end;
  }

  get #crossfadeSamples() {
    return (this.#state.crossfadeMs ?? 0) * musicPerMs;
  }

  /**
   * Opens the next sound early, and mixes it into `raw` during a crossfade. This sound has `remainingSamples` from
   * `raw` on.
   */
  #crossfadeOn(raw: Float32Array, remainingSamples: number) {
    const next = this.#findHearable(1);
    next?.open();
    if (
      next?.isReady &&
      remainingSamples > 0 &&
      remainingSamples <= this.#crossfadeSamples
    )
      this.#crossfade ??= { next, samples: remainingSamples };
    if (this.#crossfade) this.#mixNext(raw, this.#crossfade, remainingSamples);
  }

  /** Crossfades `raw` into the next sound with equal power. */
  #mixNext(raw: Float32Array, { next, samples }: Crossfade, remainingSamples: number) {
    const coming = new Float32Array(raw.length);
    next.takeSamples(coming);
    for (let n = 0; n < raw.length; n++) {
      const share = Math.min(1, 1 - (remainingSamples - (n >> 1)) / samples);
      const angle = (share * Math.PI) / 2;
      raw[n] = (raw[n] ?? 0) * Math.cos(angle) + (coming[n] ?? 0) * Math.sin(angle);
    }
  }

  /** Ends a crossfade. The next sound waits for its turn from its beginning. */
  #endCrossfade() {
    if (!this.#crossfade) return;
    this.#declicker.markCut();
    const { next } = this.#crossfade;
    if (next.source.isSeekable) next.seek(0);
    this.#crossfade = undefined;
  }

  #onBegan(item: TrackItem | undefined) {
    if (!item?.hasSounded || item === this.#begun) return;
    this.#begun = item;
    this.#group.report({ kind: 'began', track: this.name, item });
  }

  #onEnded(item: TrackItem, end: PlayEnd, error?: BotError) {
    item.close();
    this.#onBegan(item);
    item.ended.resolve(end);
    this.#group.report({ kind: end, track: this.name, item, error });
  }
}
