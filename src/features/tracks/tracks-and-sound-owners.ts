import type { SoundSource } from '#src/audio/sound-source.ts';
import { trackErrorText } from '#src/conversation/alerts/sound-source-error-texts.ts';
import type { Loudness } from '#src/playback/mix/levelling.ts';
import type { NamedTrack } from '#src/playback/tracks/named-track.ts';
import type { NamedTracks } from '#src/playback/tracks/named-tracks.ts';
import type { TrackItem } from '#src/playback/tracks/track-item.ts';
import type { AddItemResult } from '#src/playback/tracks/track-outcomes.ts';
import type { TextLine } from '#src/texts/texts.ts';
import { performOn, placeMeant, type TrackCommand } from './perform-track-command.ts';
import { isSameTrack, ownTracks, usualTrack } from './track-names.ts';
import type { ListedSound, ListedTrack, TrackOutcome } from './track-outcomes.ts';
import type { StoredSource, StoredTrack } from './track-store.ts';

/** Whose a sound is. */
export type SoundOwner = { readonly id: string; readonly name: string };

/** Metadata of a sound. */
export type SoundTag = {
  /** Left out for what is not to outlive the process: words that are spoken are stored nowhere. */
  readonly origin?: StoredSource;
  readonly owner?: SoundOwner;
};

/** Placement of a sound on a track. */
export type PlayOptions = {
  readonly loop: boolean;
  readonly next: boolean;
  readonly fromMs?: number;
};

/** A sound that ended otherwise than wanted. */
export type FailedSound = {
  readonly track: string;
  readonly title: string;
  /** Why, in a few words. */
  readonly fault: TextLine;
};

/** Owner of a sound that is still fetched; none, once they are forgotten. To be disposed of. */
export type PendingOwner = Disposable & { owner: SoundOwner | undefined };

/** Outcome of playing a sound; `too-many-live`: `limit` live streams play already. */
export type PlayOutcome =
  | AddItemResult
  | { readonly kind: 'too-many-live'; readonly limit: number };

/** Sounds of one track, the one that plays included. */
const mostSounds = 50;
/** Sounds of all tracks together that come live: each keeps a connection while it plays. */
const mostLive = 8;

/** The named tracks of one session, whose their sounds are, and where these came from. What may be done to them is judged elsewhere. */
export class TracksAndSoundOwners {
  readonly tracks: NamedTracks;
  /** Sounds of one track. */
  readonly limit = mostSounds;
  readonly #tags = new WeakMap<TrackItem, SoundTag & { readonly serial: number }>();
  readonly #pending = new Set<PendingOwner>();
  #serial = 0;
  #onBroken: (broken: FailedSound) => void = () => undefined;
  #disowned: (personId: string) => void = () => undefined;

  constructor(tracks: NamedTracks) {
    this.tracks = tracks;
    tracks.listen((event) => {
      if (event.kind !== 'ended') return;
      const { track, item, ended } = event;
      const fault = trackErrorText(ended);
      if (fault) this.#onBroken({ track, title: item.source.title, fault });
    });
  }

  /** Told of what could not be played, or not to its end. Replaces the former listener. */
  onBroken(listener: (broken: FailedSound) => void): void {
    this.#onBroken = listener;
  }

  /** Sets the listener for people who may be named nowhere any more, in place of the former one. */
  onDisowned(listener: (personId: string) => void): void {
    this.#disowned = listener;
  }

  /** Behind what waits, or before it; at once where nothing plays. */
  lay(
    track: string,
    source: SoundSource,
    tag: SoundTag,
    { loop, next, fromMs = 0 }: PlayOptions,
  ): PlayOutcome {
    if (this.isFull(track)) return { kind: 'full', limit: mostSounds };
    if (!source.seekable && this.#live >= mostLive)
      return { kind: 'too-many-live', limit: mostLive };
    const loudness = loudnessFor(source);
    const options = { isLooping: loop, fromMs, loudness };
    const added = next
      ? this.tracks.next(track, source, options)
      : this.tracks.enqueue(track, source, options);
    if ('item' in added) this.#tags.set(added.item, { ...tag, serial: this.#serial++ });
    return added;
  }

  /** Sounds that come live, those that wait among them. */
  get #live(): number {
    const all = this.tracks.all().flatMap(soundsOn);
    return all.filter(({ source }) => !source.seekable).length;
  }

  isFull(track: string): boolean {
    return soundsOn(this.tracks.track(track)).length >= mostSounds;
  }

  /** All there are, those first that hold something, and among them the usual one. */
  get names(): readonly string[] {
    return this.#ranked.map(({ name }) => name);
  }

  get #ranked(): readonly NamedTrack[] {
    const rank = ({ isIdle, key }: NamedTrack) => (isIdle ? 0 : 2) + (key === usualTrack ? 1 : 0);
    return this.tracks.all().toSorted((a, b) => rank(b) - rank(a));
  }

  /** A track as it is shown: as whoever played on it first wrote it, or as it is called here where it is not there. */
  shownName(name: string): string {
    return this.tracks.track(name)?.name ?? name;
  }

  /** Tracks that hold something. */
  get busy(): readonly string[] {
    return this.#ranked.filter(({ isIdle }) => !isIdle).map(({ name }) => name);
  }

  get views(): readonly ListedTrack[] {
    return this.#ranked.map((track) => this.#view(track));
  }

  /** Subject of a command: outdated once the track has changed. */
  subject(command: TrackCommand): string {
    const [first] = this.#touched(command);
    const serial = first && this.#tags.get(first)?.serial;
    return JSON.stringify([command, serial ?? null]);
  }

  /** First sound of another owner that a command touches. */
  ownerBeside(personId: string, command: TrackCommand): SoundOwner | undefined {
    const owners = this.#touched(command).map((item) => this.#tags.get(item)?.owner);
    return owners.find((owner) => owner !== undefined && owner.id !== personId);
  }

  /** The command that removes the sound which a person means; as `placeMeant`. */
  removal(name: string, typed: string): TrackCommand | undefined {
    const waiting = this.tracks.track(name)?.view.waiting ?? [];
    const titles = waiting.map(({ source }) => source.title);
    const item = waiting[placeMeant(titles, typed)];
    const serial = item && this.#tags.get(item)?.serial;
    return serial === undefined ? undefined : { kind: 'remove', track: name, serial };
  }

  /** Performs a command of a person who may give it. */
  perform(command: TrackCommand): TrackOutcome {
    const { track: name } = command;
    const track = this.tracks.track(name);
    if (command.kind === 'volume') {
      if (!track) return { kind: 'unknown', track: name, names: [...this.names, ...ownTracks] };
      return { kind: 'volume', track: name, percent: track.volume(command.percent) };
    }
    if (!track && !isSameTrack(name, usualTrack)) return this.#missing(name);
    if (!track || track.isIdle) return { kind: 'empty', track: name };
    if (command.kind !== 'remove') return performOn(track, command);
    const [item] = this.#touched(command);
    if (!item || !track.remove(item)) return { kind: 'over' };
    return { kind: 'removed', track: name, title: item.source.title };
  }

  #touched(command: TrackCommand): readonly TrackItem[] {
    const [now, ...waiting] = soundsOn(this.tracks.track(command.track));
    if (!now) return [];
    switch (command.kind) {
      case 'stop':
        return [now, ...waiting];
      case 'remove':
        return waiting.filter((item) => this.#tags.get(item)?.serial === command.serial);
      default:
        return [now];
    }
  }

  /** To be asked before a sound is fetched for a person. */
  pendingOwner(owner: SoundOwner): PendingOwner {
    const pending: PendingOwner = { owner, [Symbol.dispose]: () => this.#pending.delete(pending) };
    this.#pending.add(pending);
    return pending;
  }

  /** Whose sounds these are is known no more. */
  disown(personId: string): void {
    this.#disowned(personId);
    for (const one of this.#pending) if (one.owner?.id === personId) one.owner = undefined;
    for (const track of this.tracks.all()) {
      for (const item of soundsOn(track)) {
        const tag = this.#tags.get(item);
        if (tag?.owner?.id === personId) this.#tags.set(item, { ...tag, owner: undefined });
      }
    }
  }

  /** Tracks that are to outlive the process. */
  get kept(): readonly StoredTrack[] {
    return this.tracks.all().flatMap((track) => {
      const { name, percent, isPaused, isMuted } = track.view;
      const sounds = soundsOn(track).flatMap((item, n) => {
        const tag = this.#tags.get(item);
        if (!tag?.origin) return [];
        const { source, isLooping: loop, positionMs } = item;
        const { origin, owner } = tag;
        const place = n === 0 && source.seekable ? Math.round(positionMs) : 0;
        const whose = owner && { owner };
        return [{ source: origin, title: source.title, ...whose, positionMs: place, loop }];
      });
      return sounds.length === 0 ? [] : [{ name, percent, isPaused, isMuted, sounds }];
    });
  }

  #view(track: NamedTrack): ListedTrack {
    const { name, percent, isMuted, isPaused, now, waiting } = track.view;
    return {
      name,
      percent,
      isPaused,
      isMuted,
      current: now && this.#soundView(now),
      waiting: waiting.map((item) => ({ title: item.source.title, ...this.#ownerName(item) })),
    };
  }

  #soundView(item: TrackItem): ListedSound {
    const { isLooping: loop, positionMs, source } = item;
    const { lengthMs, title } = source;
    const length = lengthMs !== undefined && { lengthMs };
    return { title, ...this.#ownerName(item), positionMs, ...length, loop };
  }

  #ownerName(item: TrackItem): { readonly owner?: string } {
    const owner = this.#tags.get(item)?.owner;
    return owner ? { owner: owner.name } : {};
  }

  #missing(track: string): TrackOutcome {
    const { names } = this;
    return names.length > 0 ? { kind: 'unknown', track, names } : { kind: 'silent' };
  }
}

/**
 * Effects are to be alike, and stations as well, so what was measured and what is live is levelled.
 *
 * A link or attachment that ends stays as loud as it is: to measure it before its first sound, all of it would have to be
 * fetched, and whoever turns music up and down while it plays takes its dynamics away.
 */
function loudnessFor({ lengthMs, lufs, seekable }: SoundSource): Loudness | undefined {
  if (lufs !== undefined) return lufs;
  return lengthMs === undefined && !seekable ? 'live' : undefined;
}

function soundsOn(track: NamedTrack | undefined): readonly TrackItem[] {
  if (!track) return [];
  const { now, waiting } = track.view;
  return now ? [now, ...waiting] : [];
}
