import type { SoundSource } from '#src/audio/sound-source.ts';
import type { SessionContext } from '#src/conversation/session-context.ts';
import { rightsFactsOf } from '#src/conversation/tools/session-tools.ts';
import { writtenText } from '#src/notices/notice.ts';
import { holds } from '#src/people/rights.ts';
import type { NamedTrack } from '#src/playback/tracks/named-track.ts';
import type { NamedTracks } from '#src/playback/tracks/named-tracks.ts';
import type { ItemOptions, SoundOwner } from '#src/playback/tracks/track-item.ts';
import {
  type TrackCommand,
  type TrackOutcome,
  trackActions,
} from '#src/playback/tracks/track-outcomes.ts';
import {
  soundsTouched,
  type TrackSound,
  type TrackSounds,
} from '#src/playback/tracks/track-sounds.ts';
import type { EndNews, FeatureSession } from '#src/ports/feature-session.ts';
import type { FeaturePanel, PanelTrack } from '#src/ports/panel.ts';
import type { LeaveReason } from '#src/ports/session-events.ts';
import {
  everyTrack,
  isOwnTrack,
  isSameTrack,
  ownTracks,
  panelButtons,
  trackNameOf,
  usualTrack,
  voiceTrack,
} from './track-names.ts';
import type {
  ListedSound,
  ListedTrack,
  PlayOutcome,
  PlayRequest,
  TrackCaller,
} from './track-outcomes.ts';
import { TrackPersistence } from './track-persistence.ts';
import type { TrackStore } from './track-store.ts';
import { performOnVoice, soundsOnVoice } from './voice-track-queue.ts';

/** Reasons after which tracks go on when the bot is called back: no person sent it away. */
const keepsTracks: ReadonlySet<LeaveReason> = new Set(['stopped', 'lost', 'refused']);
/** The panel shows the position of a sound in such steps, in ms: each is an edit. */
const stepMs = 5_000;

/** Commands that speech on the track `voice` takes. */
const speechCommands: ReadonlySet<TrackCommand['kind']> = new Set(['skip', 'stop', 'remove']);

/** A sound that is there, and whose it is going to be. */
type PlaceableSound = Pick<ItemOptions, 'origin' | 'owner'> & { readonly source: SoundSource };

/** Tracks of one session: people may change their own sounds, a DJ all, the others vote. */
export class SessionTracks implements FeatureSession {
  readonly parts = { tracks: this };
  readonly tracks: NamedTracks;
  /** Owners of sounds by person; each is emptied when its person is forgotten, wherever it is held by then. */
  readonly #owners: Map<string, SoundOwner>;
  /** Votes to skip, by track: those for the sound that plays. */
  readonly #votes = new Map<
    string,
    { readonly about: string | undefined; readonly voters: ReadonlySet<string> }
  >();
  readonly #context: SessionContext;
  readonly #keeper: TrackPersistence;
  #keeping: Promise<void> | undefined;

  /** `former`: tracks of the session that this one goes on from. */
  constructor(context: SessionContext, store: TrackStore, former: SessionTracks | undefined) {
    this.#context = context;
    this.tracks = context.mix.tracks;
    this.#owners = former ? former.#owners : new Map();
    this.#keeper = new TrackPersistence(context, store, former !== undefined);
  }

  /** Brings back what a former process left, and keeps all for the next one until the session is over. */
  changed(hasEntered: boolean): void {
    if (hasEntered) this.#keeping ??= this.#keeper.run();
  }

  /** Keeps tracks that go on elsewhere; otherwise all of them end. */
  async ended(why: LeaveReason): Promise<EndNews> {
    await this.#keeping;
    const { mix } = this.#context;
    await this.#keeper.close(keepsTracks.has(why) && !mix.isPassedOn ? 'keep' : 'forget');
    if (!mix.isPassedOn) mix.tracks.close();
    return {};
  }

  panel(): FeaturePanel {
    const tracks = this.#ranked.flatMap(shownTrack);
    return tracks.length > 0 ? { tracks, buttons: panelButtons(tracks) } : {};
  }

  /** All tracks, those first that hold something, and among them the usual one; the bot's own behind them. */
  get views(): readonly ListedTrack[] {
    const own = ownTracks.map((name) => {
      const { current, waiting } = this.#soundsOn(name);
      const percent = this.#context.mix.volumes[name];
      const now = current && { ...listed(current), loop: false };
      const state = { percent, isPaused: false, isMuted: false };
      return { name, ...state, current: now, waiting: waiting.map(listed) };
    });
    return [...this.#ranked.map(viewOf), ...own];
  }

  /** Tracks of people that hold something, by name. */
  get busy(): readonly string[] {
    return this.#ranked.filter(({ now }) => now).map(({ name }) => name);
  }

  /** Owner of what this person asks for now. */
  owner({ id, name }: Pick<TrackCaller, 'id' | 'name'>): SoundOwner {
    const owner = this.#owners.get(id) ?? { person: undefined };
    this.#owners.set(id, owner);
    owner.person = { id, name };
    return owner;
  }

  /** The sounds of this person go on without an owner. */
  forget(personId: string): void {
    const owner = this.#owners.get(personId);
    if (owner) owner.person = undefined;
    this.#owners.delete(personId);
  }

  /**
   * Finds a sound and plays it; answers once the sound was examined, at most 12 s later. The second outcome says why the track
   * keeps its volume, where it is not this person's to change.
   */
  async play(
    caller: TrackCaller,
    request: PlayRequest,
  ): Promise<readonly [PlayOutcome, ...TrackOutcome[]]> {
    const placed = await this.#play(caller, request);
    const { percent } = request;
    if (percent === undefined || (placed.kind !== 'playing' && placed.kind !== 'added'))
      return [placed];
    const volume = this.request(caller, placed.track, { kind: 'volume', percent });
    return volume.kind === 'denied' ? [placed, volume] : [placed];
  }

  async #play(caller: TrackCaller, request: PlayRequest): Promise<PlayOutcome> {
    const { channel, features, signal: over, talk } = this.#context;
    const refused = this.tracks.refusal(request.track);
    if (refused) return refused;
    if (talk.state.isMuted) return { kind: 'muted' };
    const owner = this.owner(caller);
    const signal = AbortSignal.any([over, request.signal ?? over]);
    const finding = features.ports.sounds.find(channel.guildId, request, signal);
    const found = await finding.catch((error: unknown) => {
      if (!signal.aborted) throw error;
    });
    if (!found || over.aborted) return { kind: 'nowhere' };
    if (found.kind !== 'found') return found;
    return this.place(request, { ...found, owner });
  }

  /** Puts a sound on a track as a person wishes. */
  place(
    { loop, next, track }: Omit<PlayRequest, 'sound'>,
    { source, origin, owner }: PlaceableSound,
  ): TrackOutcome {
    const options = { origin, owner, isLooping: loop, isNext: next };
    const placed = this.tracks.enqueue(track, source, options);
    this.#keeper.wake();
    return placed;
  }

  /**
   * One outcome per track, and at least one. `all` is every track that holds something, for a change that needs no more than
   * its track.
   */
  change(caller: TrackCaller, command: TrackCommand, typed: string): readonly TrackOutcome[] {
    const name = trackNameOf(typed) ?? typed;
    const track = this.tracks.track(name)?.name ?? name;
    if (track !== everyTrack || !trackActions.some((action) => action === command.kind))
      return [this.request(caller, track, command)];
    const all = this.busy.map((one) => this.request(caller, one, command));
    return all.length > 0 ? all : [{ kind: 'empty', track }];
  }

  /** First owner of a sound that a command touches, this person left out. */
  #ownerBeside(personId: string, track: string, command: TrackCommand): SoundOwner['person'] {
    const owners = this.touched(track, command).map(({ owner }) => owner);
    return owners.find((owner) => owner && owner.id !== personId);
  }

  /** Sounds that a command changes. */
  touched(track: string, command: TrackCommand): readonly TrackSound[] {
    if (isOwnTrack(track) && !speechCommands.has(command.kind)) return [];
    return soundsTouched(this.#soundsOn(track), command);
  }

  /** Performs a command of a person who may give it. */
  perform(name: string, command: TrackCommand): TrackOutcome {
    const touched = this.touched(name, command);
    if (command.kind === 'remove' && touched.length === 0)
      return { kind: 'no-item', name: command.item, names: [] };
    if (isOwnTrack(name)) return this.#performOnOwn(name, command, touched);
    const track = this.tracks.track(name);
    if (track) return track.perform(command);
    const names = this.#ranked.map((one) => one.name);
    if (command.kind === 'volume')
      return { kind: 'unknown', name, names: [...names, ...ownTracks] };
    if (names.length === 0 || isSameTrack(name, usualTrack)) return { kind: 'empty', track: name };
    return { kind: 'unknown', name, names };
  }

  /** The bot's own tracks can be made louder, and speech skipped, stopped and removed. */
  #performOnOwn(
    track: (typeof ownTracks)[number],
    command: TrackCommand,
    touched: readonly TrackSound[],
  ): TrackOutcome {
    const { mix, queue } = this.#context;
    if (command.kind === 'volume' && !command.overMs) {
      mix.volumes[track] = command.percent;
      this.#keeper.wake();
      return { kind: 'volume', track, percent: command.percent };
    }
    if (track !== voiceTrack || !speechCommands.has(command.kind))
      return { kind: 'reserved', track };
    return performOnVoice(queue, command, touched);
  }

  /** Performs a command of a person who may give it; others can only vote to skip. */
  request(caller: TrackCaller, track: string, command: TrackCommand): TrackOutcome {
    const owner = this.#ownerBeside(caller.id, track, command);
    if (!owner || this.#isDj(caller)) return this.perform(track, command);
    if (command.kind === 'skip') return this.#votedToSkip(caller.id, track, owner.name);
    return { kind: 'denied', track, owner: owner.name };
  }

  /** Counts a vote on skipping the current sound; more than half of the people present skip it. */
  #votedToSkip(personId: string, track: string, owner: string): TrackOutcome {
    const skip = { kind: 'skip' } as const;
    const about = this.touched(track, skip)[0]?.id;
    const known = this.#votes.get(track);
    const voters = new Set(known && known.about === about ? known.voters : []).add(personId);
    const here = this.#context.people().filter(({ isBot }) => !isBot);
    const votes = here.filter(({ id }) => voters.has(id)).length;
    const needed = Math.floor(here.length / 2) + 1;
    this.#votes.set(track, { about, voters });
    if (votes >= needed) return this.perform(track, skip);
    return { kind: 'denied', track, owner, vote: { votes, needed } };
  }

  get #ranked(): readonly NamedTrack[] {
    const rank = ({ now, key }: NamedTrack) => (now ? 2 : 0) + (key === usualTrack ? 1 : 0);
    return this.tracks.all().toSorted((a, b) => rank(b) - rank(a));
  }

  #soundsOn(name: string): TrackSounds {
    const { channel, parts, queue } = this.#context;
    if (name === voiceTrack)
      return soundsOnVoice(
        queue,
        writtenText({ id: 'track.voice.answer' }, channel.guildId, parts),
      );
    const [current, ...waiting] = this.tracks.track(name)?.items ?? [];
    return { current, waiting };
  }

  /** As far as Discord has reported. */
  #isDj({ id, mayManage }: TrackCaller): boolean {
    return holds('dj', rightsFactsOf(id, mayManage, this.#context));
  }
}

function listed({ title, owner }: TrackSound): Pick<ListedSound, 'owner' | 'title'> {
  return { title, ...(owner && { owner: owner.name }) };
}

function viewOf({ name, state, items: [now, ...waiting] }: NamedTrack): ListedTrack {
  const current = now && {
    ...listed(now),
    positionMs: now.positionMs,
    lengthMs: now.source.lengthMs,
    loop: now.isLooping,
  };
  return { name, ...state, current, waiting: waiting.map(listed) };
}

function shownTrack({ name, now, state }: NamedTrack): readonly PanelTrack[] {
  if (!now) return [];
  const { positionMs, source, title } = now;
  const { lengthMs } = source;
  return [{ name, ...state, title, positionMs: positionMs - (positionMs % stepMs), lengthMs }];
}
