import type { SoundSource } from '#src/audio/sound-source.ts';
import type { Clock } from '#src/base/clock.ts';
import type { BotError } from '#src/base/errors.ts';
import type { PlayEnd } from '#src/base/play-end.ts';
import { maxVolumePercent } from '#src/base/volume.ts';
import {
  Declicker,
  Gain,
  musicFrame,
  musicPerMs,
  rampSamples,
} from '#src/playback/mix/gain.ts';
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

export const ownTracks = ['voice', 'cues'] as const;
export type OwnTrack = (typeof ownTracks)[number];

export function isOwnTrack(name: string): name is OwnTrack {
  return ownTracks.some((one) => one === name);
}

const reserved: ReadonlySet<string> = new Set([...ownTracks, 'all']);
/** In grapheme clusters. */
const mostNameChars = 40;
/** In UTF-16 code units, so that the id of a button can hold the name. */
export const mostNameUnits = 75;

/** Invisible characters, without those that join emoji or shape letters. */
const unseen =
  /[[\p{Cc}\p{Default_Ignorable_Code_Point}]--[\p{White_Space}\p{Variation_Selector}\u200c\u200d\u{e0020}-\u{e007f}]]/gv;
const ignorable = /\p{Default_Ignorable_Code_Point}/gu;
const spaces = /\p{White_Space}+/gu;
/** A name needs a visible character besides dots, since a path of dots is another path. */
const visible = /[^\p{White_Space}\p{Default_Ignorable_Code_Point}\u2800.\u2026]/u;
const graphemes = new Intl.Segmenter('und', { granularity: 'grapheme' });

/**
 * Normalises a name for display: Unicode form C, single spaces, nothing invisible. Own tracks are
 * in lower case.
 */
export function normaliseTrackName(typed: string): string {
  const name = tidyName(typed);
  const key = toTrackKey(name);
  return reserved.has(key) ? key : name;
}

/** Normalises a name for comparison: full case folding, without invisible characters. */
export function toTrackKey(typed: string): string {
  return [...tidyName(typed).replace(ignorable, '')]
    .map(foldCase)
    .join('')
    .normalize('NFC');
}

export function findNameObjection(name: string): 'bad-name' | 'reserved' | undefined {
  if (name.length > mostNameUnits || !visible.test(name)) return 'bad-name';
  if ([...graphemes.segment(name)].length > mostNameChars) return 'bad-name';
  return reserved.has(toTrackKey(name)) ? 'reserved' : undefined;
}

function tidyName(typed: string) {
  return typed
    .toWellFormed()
    .replace(unseen, '')
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

type TrackHost = {
  readonly isPaused: boolean;
  /** Reports an event, or without one, that there may be sound again. */
  readonly report: (event?: TrackEvent) => void;
};

type Crossfade = { readonly next: TrackItem; readonly samples: number };

/** One named track: its queue and volume. Sounds follow each other without a gap or a click. */
export class NamedTrack {
  /** Spelled as at its first use. */
  readonly name: string;
  readonly #clock;
  readonly #host;
  readonly #gain = new Gain();
  #state: TrackState = { percent: 100, isPaused: false, isMuted: false };
  #items: readonly TrackItem[] = [];
  #begun: TrackItem | undefined;
  #declicker = new Declicker();
  /** The next sound, which fades in while the current one ends. */
  #crossfade: Crossfade | undefined;

  constructor(name: string, clock: Clock, host: TrackHost) {
    this.name = name;
    this.#clock = clock;
    this.#host = host;
  }

  get state(): TrackState {
    return this.#state;
  }

  get items(): readonly TrackItem[] {
    return this.#items;
  }

  enqueue(source: SoundSource, options: ItemOptions): TrackOutcome {
    const { name: track } = this;
    const { title } = source;
    const { length } = this.#items;
    const item = new TrackItem(source, options, this.#clock, () => this.#host.report());
    const place = options.isNext ? Math.min(this.#crossfade ? 2 : 1, length) : length;
    this.#items = this.#items.toSpliced(place, 0, item);
    this.#applyState();
    const kind = place === 0 ? 'playing' : 'added';
    return { kind, title, track, place, ended: item.ended.promise };
  }

  /** Performs a command. Only a change of volume works without a sound. A pause fades in 5 ms. */
  perform(command: TrackCommand): TrackOutcome {
    const { name: track } = this;
    const [now] = this.#items;
    if (command.kind === 'volume') {
      const { isChange, overMs, percent } = command;
      this.changeState(
        { percent: isChange ? this.#state.percent + percent : percent },
        overMs,
      );
      return { kind: 'volume', track, percent: this.#state.percent };
    }
    return now ? this.#performOnItem(now, command) : { kind: 'empty', track };
  }

  /** Changes the state, or applies that of the host. The volume is limited to 0 to 200 %, and changes in 5 ms or more. */
  changeState(change: Partial<TrackState> = {}, overMs = 0) {
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

  close() {
    this.#cancelItems(this.#items, 'left');
  }

  /** Forgets the last samples, for listeners of another connection. */
  startOver() {
    this.#declicker = new Declicker();
  }

  get isReady(): boolean {
    return (
      !this.#declicker.isSilent || (!this.#isStill && (this.#now?.isReady ?? false))
    );
  }

  /** Fills `raw` with 20 ms. Returns false if nothing is audible. */
  pull(raw: Float32Array): boolean {
    const sounds = this.#declicker.smooth(
      raw,
      this.#isStill ? 0 : this.#fillFrame(raw),
    );
    this.#onBegan(this.#now);
    const isHeard = sounds && this.#gain.steadyGain !== 0;
    this.#gain.applyToStereo(isHeard ? raw : undefined);
    return isHeard;
  }

  get #now() {
    return this.#items[0];
  }

  get #isStill() {
    return this.#state.isPaused || this.#host.isPaused;
  }

  #performOnItem(
    now: TrackItem,
    command: Exclude<TrackCommand, { kind: 'volume' }>,
  ): TrackOutcome {
    const track = this.name;
    const { isSeekable, title } = now.source;
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
        this.#cancelItems([now], 'skipped');
        return { kind: 'skipped', track, title };
      case 'stop':
        this.#state = { ...this.#state, isPaused: false };
        this.#cancelItems(this.#items, 'stopped');
        return toChanged('stop');
      case 'seek':
        return this.#seekItem(now, command.to);
      case 'loop':
        if (command.on && !isSeekable) return { kind: 'unseekable', track, title };
        if (command.on) this.#startAgain();
        now.loop(command.on);
        this.#host.report();
        return toChanged(command.on ? 'loop' : 'unloop');
      case 'crossfade':
        this.changeState({ crossfadeMs: command.ms });
        return { kind: 'changed', track, change: command.ms > 0 ? 'crossfade' : 'cut' };
      case 'remove': {
        const item = findMeantSound(this.#items.slice(1), command.item);
        if (!item) return { kind: 'no-item', name: command.item, names: [] };
        this.#cancelItems([item], 'skipped');
        return { ...toChanged('remove'), title: item.source.title };
      }
    }
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
    this.#declicker.cut();
    item.seek(positionMs);
    this.#applyState();
    return { kind: 'changed', track, change: 'seek', title, positionMs };
  }

  #cancelItems(items: readonly TrackItem[], end: PlayEnd) {
    if (items.some((item) => item === this.#now || item === this.#crossfade?.next)) {
      this.#declicker.cut();
      this.#crossfade = undefined;
    }
    this.#items = this.#items.filter((item) => !items.includes(item));
    for (const item of items) this.#onEnded(item, end);
    this.#applyState();
  }

  #applyState() {
    if (!this.#isStill) this.#now?.open();
    this.#host.report();
  }

  #fillFrame(raw: Float32Array) {
    let end = 0;
    for (let now = this.#now; now && end < musicFrame; now = this.#now) {
      now.open(this.#crossfadeSamples);
      if (!now.isReady) break;
      const { waitingSamples } = now;
      const from = end;
      end += now.takeSamples(raw, from);
      if (now.isWhole)
        this.#crossfadeOn(raw.subarray(2 * from, 2 * end), waitingSamples);
      else if (end < musicFrame) now.starve();
      if (!now.isDrained) break;
      this.#crossfade = undefined;
      this.#items = this.#items.slice(1);
      this.#onEnded(now, now.error ? 'failed' : 'completed', now.error);
    }
    return end;
  }

  get #crossfadeSamples() {
    return (this.#state.crossfadeMs ?? 0) * musicPerMs;
  }

  /**
   * Opens the next sound early, and mixes it into `raw` during a crossfade. `rest`: samples of this sound from
   * `raw` on.
   */
  #crossfadeOn(raw: Float32Array, rest: number) {
    const next = this.#items[1];
    next?.open();
    if (next?.isReady && rest > 0 && rest <= this.#crossfadeSamples)
      this.#crossfade ??= { next, samples: rest };
    if (this.#crossfade) this.#mixNext(raw, this.#crossfade, rest);
  }

  /** Crossfades `raw` into the next sound with equal power. */
  #mixNext(raw: Float32Array, { next, samples }: Crossfade, rest: number) {
    const coming = new Float32Array(raw.length);
    next.takeSamples(coming);
    for (let n = 0; n < raw.length; n++) {
      const share = Math.min(1, 1 - (rest - (n >> 1)) / samples);
      const angle = (share * Math.PI) / 2;
      raw[n] = (raw[n] ?? 0) * Math.cos(angle) + (coming[n] ?? 0) * Math.sin(angle);
    }
  }

  /** Ends a crossfade. The next sound waits for its turn from its beginning. */
  #endCrossfade() {
    if (!this.#crossfade) return;
    this.#declicker.cut();
    const { next } = this.#crossfade;
    if (next.source.isSeekable) next.seek(0);
    this.#crossfade = undefined;
  }

  #onBegan(item: TrackItem | undefined) {
    if (!item?.hasSounded || item === this.#begun) return;
    this.#begun = item;
    this.#host.report({ kind: 'began', track: this.name, item });
  }

  #onEnded(item: TrackItem, end: PlayEnd, error?: BotError) {
    item.close();
    this.#onBegan(item);
    item.ended.resolve(end);
    this.#host.report({ kind: end, track: this.name, item, error });
  }
}
