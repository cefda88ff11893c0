import type { SoundSource } from '#src/audio/sound-source.ts';
import { isMuted } from '#src/conversation/machine/questions.ts';
import type { Owners } from '#src/conversation/session.ts';
import { rightsFactsOf } from '#src/conversation/tools/session-tools.ts';
import type { SessionObjects } from '#src/features/contract/session-objects.ts';
import { holds } from '#src/people/rights.ts';
import type { NamedTrack } from '#src/playback/tracks/named-track.ts';
import type { NamedTracks } from '#src/playback/tracks/named-tracks.ts';
import type { ItemOptions, SoundOwner } from '#src/playback/tracks/track-item.ts';
import { isOwnTrack, ownTracks, trackName } from '#src/playback/tracks/track-name.ts';
import type { TrackCommand, TrackOutcome } from '#src/playback/tracks/track-outcomes.ts';
import {
  soundsTouched,
  type TrackSound,
  type TrackSounds,
} from '#src/playback/tracks/track-sounds.ts';
import type { EndNews, FeatureSession } from '#src/ports/feature-session.ts';
import type { FeaturePanel } from '#src/ports/panel.ts';
import type { LeaveReason } from '#src/ports/session-events.ts';
import { everyTrack, isSameTrack, usualTrack, voiceTrack } from './track-names.ts';
import type {
  ListedSound,
  ListedTrack,
  PlayOutcome,
  PlayRequest,
  TrackCaller,
} from './track-outcomes.ts';
import { trackPanel } from './track-panel.ts';
import { type TrackDeps, TrackPersistence } from './track-persistence.ts';
import { performOnVoice, type Speech, soundsOnVoice, speechCommands } from './voice-track-queue.ts';

/** Reasons after which tracks go on when the bot is called back: no person sent it away. */
const keepsTracks: ReadonlySet<LeaveReason> = new Set(['stopped', 'lost', 'refused']);

/** A sound that is there, and whose it is going to be. */
type PlaceableSound = Pick<ItemOptions, 'origin' | 'owner'> & { readonly source: SoundSource };

/** Tracks of all sessions of a shard, for tools. */
export type RunningTracks = { readonly sessionTracks: SessionObjects<SessionTracks> };

export type PlayingSession = Owners<'loop' | 'notices' | 'place' | 'signal' | 'speech'>;

/** Tracks of one session: people may change their own sounds, a DJ all, the others vote. */
export class SessionTracks implements FeatureSession {
  readonly tracks: NamedTracks;
  /** Owners of sounds by person; each is emptied when its person is forgotten, wherever it is held by then. */
  readonly #owners: Map<string, SoundOwner>;
  /** People who voted to skip, by the sound. */
  readonly #votes = new Map<string | undefined, Set<string>>();
  /** The session that the tracks are in now: they go along when the bot moves. */
  readonly #here: { session: PlayingSession };
  readonly #session;
  readonly #deps;
  readonly #keeper;
  #keeping: Promise<void> | undefined;

  /** `former`: tracks of the session that this one goes on from. */
  constructor(session: PlayingSession, deps: TrackDeps, former: SessionTracks | undefined) {
    this.#session = session;
    this.#deps = deps;
    this.tracks = session.speech.mix.tracks;
    this.#owners = former ? former.#owners : new Map();
    this.#keeper = new TrackPersistence(session, deps, former !== undefined);
    const here = former ? former.#here : { session };
    here.session = session;
    this.#here = here;
    if (former) return; // it listens
    this.tracks.listen(({ item, kind: end, track }) => {
      const title = item.origin && item.title; // what has no origin is a text, and its title its words
      const { notices, place } = here.session;
      if (end !== 'began')
        notices.report({ kind: 'played', channelId: place.channel.channelId, track, title, end });
    });
  }

  /** Brings back what a former process left, and keeps all for the next one until the session is over. */
  changed(hasEntered: boolean): void {
    if (hasEntered) this.#keeping ??= this.#keeper.run();
  }

  /** Keeps tracks that go on elsewhere; otherwise all of them end. */
  async ended(why: LeaveReason): Promise<EndNews> {
    await this.#keeping;
    const { mix } = this.#session.speech;
    await this.#keeper.close(keepsTracks.has(why) && !mix.isPassedOn ? 'keep' : 'forget');
    if (!mix.isPassedOn) mix.tracks.close();
    return {};
  }

  panel(): FeaturePanel {
    const playing = this.views.filter(({ current, name }) => current && !isOwnTrack(name));
    return trackPanel(playing, this.#session.notices.writtenLocale());
  }

  /** All tracks, those first that hold something, and among them the usual one; the bot's own behind them. */
  get views(): readonly ListedTrack[] {
    return [...this.#ranked, ...Object.values(this.tracks.own)].map(({ name, now, state }) => {
      const { current, waiting } = this.#soundsOn(name);
      const place = {
        positionMs: now?.positionMs,
        lengthMs: now?.source.lengthMs,
        loop: now?.isLooping ?? false,
      };
      const sound = current && { ...listed(current), ...place };
      return { name, ...state, current: sound, waiting: waiting.map(listed) };
    });
  }

  /** Tracks of people that hold something, by name. */
  get busy(): readonly string[] {
    return this.#ranked.filter(({ now }) => now).map(({ name }) => name);
  }

  /** A person there as the caller of a request. */
  caller(id: string): TrackCaller {
    const { channel, findPerson } = this.#session.place;
    const mayManage = this.#deps.places.mayManage(channel.guildId, id);
    return { id, name: findPerson(id)?.name ?? 'Someone', mayManage };
  }

  /** Owner of what this person asks for now. */
  owner({ id, name }: Pick<TrackCaller, 'id' | 'name'>): SoundOwner {
    const owner = this.#owners.get(id) ?? { person: undefined };
    this.#owners.set(id, owner);
    owner.person = { id, name };
    return owner;
  }

  /** The sounds of this person go on without an owner. */
  forget(personId: PersonId): void {
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
    if (percent === undefined || !('ended' in placed)) return [placed];
    const volume = this.request(caller, placed.track, { kind: 'volume', percent });
    return volume.kind === 'denied' ? [placed, volume] : [placed];
  }

  async #play(caller: TrackCaller, request: PlayRequest): Promise<PlayOutcome> {
    const { place, signal: over } = this.#session;
    const refused = this.#refusal(request.track);
    if (refused) return refused;
    const owner = this.owner(caller);
    const signal = AbortSignal.any([over, request.signal ?? over]);
    const finding = this.#deps.catalog.find(place.channel.guildId, request, signal);
    const found = await finding.catch((error: unknown) => {
      if (!signal.aborted) throw error;
    });
    if (!found || over.aborted) return { kind: 'nowhere' };
    if (found.kind !== 'found') return found;
    return this.place(request, { ...found, owner });
  }

  /** Puts a sound on a track as a person wishes. */
  place(
    { loop, next, track, wait }: Omit<PlayRequest, 'sound'>,
    { source, origin, owner }: PlaceableSound,
  ): PlayOutcome {
    if (wait && (loop || this.tracks.track(track)?.now?.isLooping))
      return { kind: 'looping', track };
    const options = { origin, owner, isLooping: loop, isNext: next };
    const placed = this.#refusal(track) ?? this.tracks.enqueue(track, source, options);
    this.#keeper.wake();
    return placed;
  }

  /** Why no sound can be put on a track now. */
  #refusal(track: string): PlayOutcome | undefined {
    const { state } = this.#session.loop;
    return this.tracks.refusal(track) ?? (isMuted(state) ? { kind: 'muted' } : undefined);
  }

  /**
   * One outcome per track, and at least one. `all` is every track that holds something, for a change that does not depend on
   * the sound.
   */
  change(caller: TrackCaller, command: TrackCommand, name: string): readonly TrackOutcome[] {
    const isOfSound = command.kind === 'seek' || command.kind === 'remove';
    if (isOfSound || !isSameTrack(name, everyTrack)) return [this.request(caller, name, command)];
    const all = this.busy.map((one) => this.request(caller, one, command));
    return all.length > 0 ? all : [{ kind: 'empty', track: everyTrack }];
  }

  /** Performs a command of a person who may give it; others can only vote to skip. */
  request(caller: TrackCaller, called: string, command: TrackCommand): TrackOutcome {
    const track = this.tracks.track(called);
    if (!track) return this.#missing(trackName(called));
    const { name } = track;
    const isTouching = name !== voiceTrack || speechCommands.has(command.kind);
    const touched = isTouching ? soundsTouched(this.#soundsOn(name), command) : [];
    const { owner } = touched.find((one) => one.owner && one.owner.id !== caller.id) ?? {};
    const isDj = holds('dj', rightsFactsOf(caller.id, caller.mayManage, this.#session.place));
    if (!owner || isDj) return this.#perform(track, command);
    const vote = command.kind === 'skip' ? this.#vote(caller.id, touched[0]?.id) : undefined;
    if (vote && vote.votes >= vote.needed) return this.#perform(track, command);
    return { kind: 'denied', track: name, owner: owner.name, ...(vote && { vote }) };
  }

  #missing(name: string): TrackOutcome {
    const names = this.#ranked.map((one) => one.name);
    if (names.length === 0 || isSameTrack(name, usualTrack)) return { kind: 'empty', track: name };
    return { kind: 'unknown', name, names: [...names, ...ownTracks] };
  }

  /** The bot's own tracks can be made louder, and speech skipped, stopped and removed. */
  #perform(track: NamedTrack, command: TrackCommand): TrackOutcome {
    const { name } = track;
    this.#keeper.wake();
    if (!isOwnTrack(name) || command.kind === 'volume') return track.perform(command);
    if (name !== voiceTrack) return { kind: 'reserved', track: name };
    return performOnVoice(this.#session.speech.requests, this.#speech, command);
  }

  /** Counts a vote on skipping a sound; more than half of the people present are needed. */
  #vote(personId: PersonId, sound: string | undefined) {
    const voters = (this.#votes.get(sound) ?? new Set()).add(personId);
    this.#votes.set(sound, voters);
    const here = this.#session.place.people().filter(({ isBot }) => !isBot);
    const votes = here.filter(({ id }) => voters.has(id)).length;
    return { votes, needed: Math.floor(here.length / 2) + 1 };
  }

  get #ranked(): readonly NamedTrack[] {
    const rank = ({ now, key }: NamedTrack) => (now ? 2 : 0) + (key === usualTrack ? 1 : 0);
    return this.tracks.all().toSorted((a, b) => rank(b) - rank(a));
  }

  #soundsOn(name: string): TrackSounds {
    if (name === voiceTrack) return this.#speech;
    const [current, ...waiting] = this.tracks.track(name)?.items ?? [];
    return { current, waiting };
  }

  get #speech(): TrackSounds<Speech> {
    const { notices, speech } = this.#session;
    return soundsOnVoice(speech.requests, notices.writtenText({ id: 'track.voice.answer' }));
  }
}

function listed({ title, owner }: TrackSound): Pick<ListedSound, 'owner' | 'title'> {
  return { title, ...(owner && { owner: owner.name }) };
}
