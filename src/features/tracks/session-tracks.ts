import type { SoundSource } from '#src/audio/sound-source.ts';
import { waitUnlessAborted } from '#src/base/bounded-wait.ts';
import type { PersonId } from '#src/base/ids.ts';
import { Wakeup } from '#src/base/loops/mailbox.ts';
import { isMuted } from '#src/conversation/machine/selectors.ts';
import type { Owners } from '#src/conversation/session.ts';
import type { ListedTurn, SpeechRequests } from '#src/conversation/speech-requests.ts';
import { getRightsFacts } from '#src/conversation/tools/session-tools.ts';
import type { SessionObjects } from '#src/features/contract/session-objects.ts';
import { hasRight } from '#src/people/rights.ts';
import {
  isOwnTrack,
  type NamedTrack,
  normaliseTrackName,
  ownTracks,
} from '#src/playback/tracks/named-track.ts';
import type { NamedTracks } from '#src/playback/tracks/named-tracks.ts';
import type {
  ItemOptions,
  SoundOwner,
  TrackItem,
} from '#src/playback/tracks/track-item.ts';
import type {
  TrackCommand,
  TrackOutcome,
} from '#src/playback/tracks/track-outcomes.ts';
import {
  listTouchedSounds,
  type TrackSound,
  type TrackSounds,
} from '#src/playback/tracks/track-sounds.ts';
import type { Places } from '#src/ports/command-ports.ts';
import type { FeatureSession, LeaveSummary } from '#src/ports/feature-session.ts';
import type { FeaturePanel } from '#src/ports/panel.ts';
import { type LeaveReason, reasonsToReturn } from '#src/ports/session-events.ts';
import { type StoreWatch, tryWrite, withStoreTimeout } from '#src/ports/stores.ts';
import { takeFirstChars } from '#src/texts/plain-text.ts';
import { formatText, type Locale, type TextLine } from '#src/texts/texts.ts';
import { speechTitle } from './lazily-synthesised-text.ts';
import type { SoundCatalog } from './sound-catalog.ts';
import { toSoundErrorLine, toTrackErrorLine } from './sound-source-error-texts.ts';
import { defaultTrack, everyTrack, isSameTrack, voiceTrack } from './track-names.ts';
import {
  formatPlayingTime,
  type ListedSound,
  type ListedTrack,
  type PlayOutcome,
  type PlayRequest,
  type TrackCaller,
} from './track-request-outcomes.ts';
import type { StoredSound, StoredTrack, TrackStore } from './track-store.ts';

type PlaceableSound = Pick<ItemOptions, 'origin' | 'owner'> & {
  readonly source: SoundSource;
};

export type RunningTracks = { readonly sessionTracks: SessionObjects<SessionTracks> };

export type PlayingSession = Owners<'loop' | 'notices' | 'place' | 'signal' | 'speech'>;

type TrackDeps = StoreWatch & {
  readonly catalog: SoundCatalog;
  readonly places: Pick<Places, 'mayManage'>;
  readonly store: TrackStore;
};

/** People change their own sounds, a DJ changes all, and others vote. */
export class SessionTracks implements FeatureSession {
  readonly tracks: NamedTracks;
  /** An owner is emptied when the person is forgotten, wherever a sound holds it. */
  readonly #owners: Map<string, SoundOwner>;
  readonly #votes = new Map<string | undefined, Set<string>>();
  /** Current session. Tracks go along when the bot moves. */
  readonly #here: { session: PlayingSession };
  readonly #session;
  readonly #deps;
  readonly #keeper;
  #keeping: Promise<void> | undefined;

  /** Creates the tracks. `former` are those before a move. */
  constructor(
    session: PlayingSession,
    deps: TrackDeps,
    former: SessionTracks | undefined,
  ) {
    this.#session = session;
    this.#deps = deps;
    this.tracks = session.speech.mix.tracks;
    this.#owners = former ? former.#owners : new Map();
    this.#keeper = createTrackPersistence(session, deps, former !== undefined);
    const here = former ? former.#here : { session };
    here.session = session;
    this.#here = here;
    if (former) return; // it listens
    this.tracks.listen(({ item, kind: end, track }) => {
      // A sound without an origin is speech, and its title has its words.
      const title = item.origin && item.title;
      const { notices, place } = here.session;
      if (end !== 'began')
        notices.reportEvent({
          kind: 'played',
          channelId: place.channel.channelId,
          track,
          title,
          end,
        });
    });
  }

  /** Restores tracks of a former process, and stores changes. */
  onChange(hasEntered: boolean) {
    if (hasEntered) this.#keeping ??= this.#keeper.runUntilOver();
  }

  /** Stores tracks that may return, and ends the others. */
  async onEnd(why: LeaveReason): Promise<LeaveSummary> {
    await this.#keeping;
    const { mix } = this.#session.speech;
    await this.#keeper.closeStore(reasonsToReturn.has(why) && !mix.isPassedOn);
    if (!mix.isPassedOn) mix.tracks.close();
    return {};
  }

  describePanel(): FeaturePanel {
    const playing = this.#describeTracks(this.#rankedTracks).filter(
      ({ current }) => current,
    );
    return describeTrackPanel(playing, this.#session.notices.getWrittenLocale());
  }

  /**
   * Lists tracks with a sound first, then the default track, and the bot's own last.
   */
  get listedTracks(): readonly ListedTrack[] {
    return this.#describeTracks([
      ...this.#rankedTracks,
      ...Object.values(this.tracks.own),
    ]);
  }

  get busyTracks(): readonly string[] {
    return this.#rankedTracks
      .filter(({ items }) => items.length > 0)
      .map(({ name }) => name);
  }

  toCaller(id: string): TrackCaller {
    const { channel, findPerson } = this.#session.place;
    const mayManage = this.#deps.places.mayManage(channel.guildId, id);
    return { id, name: findPerson(id)?.name ?? 'Someone', mayManage };
  }

  getOwner({ id, name }: Pick<TrackCaller, 'id' | 'name'>): SoundOwner {
    const owner = this.#owners.get(id) ?? { person: undefined };
    this.#owners.set(id, owner);
    owner.person = { id, name };
    return owner;
  }

  forgetPerson(personId: PersonId) {
    const owner = this.#owners.get(personId);
    if (owner) owner.person = undefined;
    this.#owners.delete(personId);
  }

  /** Plays a sound, examined for 12 s at most. A second outcome denies its volume. */
  async playSound(
    caller: TrackCaller,
    request: PlayRequest,
  ): Promise<readonly [PlayOutcome, ...TrackOutcome[]]> {
    const placed = await this.#findAndPlay(caller, request);
    const { percent } = request;
    if (percent === undefined || !('ended' in placed)) return [placed];
    const volume = this.requestCommand(caller, placed.track, {
      kind: 'volume',
      percent,
    });
    return volume.kind === 'denied' ? [placed, volume] : [placed];
  }

  async #findAndPlay(caller: TrackCaller, request: PlayRequest): Promise<PlayOutcome> {
    const { place, signal: over } = this.#session;
    const refused = this.#findRefusal(request.track);
    if (refused) return refused;
    const owner = this.getOwner(caller);
    const signal = AbortSignal.any([over, request.signal ?? over]);
    const found = await this.#deps.catalog
      .findForGuild(place.channel.guildId, request, signal)
      .catch((error: unknown) => {
        if (!signal.aborted) throw error;
      });
    // The session may end while a sound is examined.
    if (!found || over.aborted) return { kind: 'nowhere' };
    if (found.kind !== 'found') return found;
    return this.placeSound(request, { ...found, owner });
  }

  placeSound(
    { loop, next, track, wait }: Omit<PlayRequest, 'sound'>,
    { source, origin, owner }: PlaceableSound,
  ): PlayOutcome {
    if (wait && (loop || this.tracks.findTrack(track)?.items[0]?.isLooping))
      return { kind: 'looping', track };
    const options = { origin, owner, isLooping: loop, isNext: next };
    const placed =
      this.#findRefusal(track) ?? this.tracks.enqueue(track, source, options);
    this.#keeper.noteChange();
    return placed;
  }

  #findRefusal(track: string): PlayOutcome | undefined {
    return (
      this.tracks.findRefusal(track) ??
      (isMuted(this.#session.loop.state.session) ? { kind: 'muted' } : undefined)
    );
  }

  /** Performs a command on a track, or on `all` with a sound. */
  changeTracks(
    caller: TrackCaller,
    command: TrackCommand,
    name: string,
  ): readonly TrackOutcome[] {
    const isOfSound = command.kind === 'seek' || command.kind === 'remove';
    if (isOfSound || !isSameTrack(name, everyTrack))
      return [this.requestCommand(caller, name, command)];
    const all = this.busyTracks.map((one) => this.requestCommand(caller, one, command));
    return all.length > 0 ? all : [{ kind: 'empty', track: everyTrack }];
  }

  requestCommand(
    caller: TrackCaller,
    called: string,
    command: TrackCommand,
  ): TrackOutcome {
    const track = this.tracks.findTrack(called);
    if (!track) return this.#toMissingOutcome(normaliseTrackName(called));
    const { name } = track;
    const isTouching = name !== voiceTrack || speechCommands.has(command.kind);
    const touched = isTouching
      ? listTouchedSounds(this.#listSounds(name), command)
      : [];
    const { owner } =
      touched.find((one) => one.owner && one.owner.id !== caller.id) ?? {};
    const isDj = hasRight(
      'dj',
      getRightsFacts(caller.id, caller.mayManage, this.#session.place),
    );
    if (!owner || isDj) return this.#performCommand(track, command);
    const vote =
      command.kind === 'skip' ? this.#countVote(caller.id, touched[0]?.id) : undefined;
    if (vote && vote.votes >= vote.needed) return this.#performCommand(track, command);
    return { kind: 'denied', track: name, owner: owner.name, ...(vote && { vote }) };
  }

  #toMissingOutcome(name: string): TrackOutcome {
    const names = this.#rankedTracks.map((one) => one.name);
    if (names.length === 0 || isSameTrack(name, defaultTrack))
      return { kind: 'empty', track: name };
    return { kind: 'unknown', name, names: [...names, ...ownTracks] };
  }

  /**
   * Performs a command. The bot's own tracks only take a volume, and speech also ends.
   */
  #performCommand(track: NamedTrack, command: TrackCommand): TrackOutcome {
    const { name } = track;
    this.#keeper.noteChange();
    if (!isOwnTrack(name) || command.kind === 'volume') return track.perform(command);
    if (name !== voiceTrack) return { kind: 'reserved', track: name };
    return performVoiceCommand(this.#session.speech.requests, this.#speech, command);
  }

  /** Counts a vote. More than half of the people present are needed. */
  #countVote(personId: PersonId, sound: string | undefined) {
    const voters = (this.#votes.get(sound) ?? new Set()).add(personId);
    this.#votes.set(sound, voters);
    const here = this.#session.place.listPeople().filter(({ isBot }) => !isBot);
    const votes = here.filter(({ id }) => voters.has(id)).length;
    return { votes, needed: Math.floor(here.length / 2) + 1 };
  }

  #describeTracks(tracks: readonly NamedTrack[]) {
    return tracks.map(({ items: [now], name, state }) => {
      const { current, waiting } = this.#listSounds(name);
      const place = {
        positionMs: now?.positionMs,
        lengthMs: now?.source.lengthMs,
        loop: now?.isLooping ?? false,
      };
      const sound = current && { ...toListedSound(current), ...place };
      return { name, ...state, current: sound, waiting: waiting.map(toListedSound) };
    });
  }

  get #rankedTracks(): readonly NamedTrack[] {
    const main = this.tracks.findTrack(defaultTrack);
    const rank = (track: NamedTrack) =>
      (track.items.length > 0 ? 2 : 0) + (track === main ? 1 : 0);
    return this.tracks.listTracks().toSorted((a, b) => rank(b) - rank(a));
  }

  #listSounds(name: string): TrackSounds {
    if (name === voiceTrack) return this.#speech;
    const [current, ...waiting] = this.tracks.findTrack(name)?.items ?? [];
    return { current, waiting };
  }

  /** Lists speech that can be skipped. */
  get #speech(): TrackSounds<QueuedSpeech> {
    const { notices, speech } = this.#session;
    const { current, waiting } = speech.requests;
    const answer = notices.formatWrittenText({ id: 'track.voice.answer' });
    return {
      current:
        current && isSkippable(current) ? toTrackSound(current, answer) : undefined,
      waiting: waiting.filter(isSkippable).map((turn) => toTrackSound(turn, answer)),
    };
  }
}

function toListedSound({
  title,
  owner,
}: TrackSound): Pick<ListedSound, 'owner' | 'title'> {
  return { title, ...(owner && { owner: owner.name }) };
}

const speechCommands: ReadonlySet<TrackCommand['kind']> = new Set([
  'skip',
  'stop',
  'remove',
]);

export type QueuedSpeech = TrackSound & { readonly turn: ListedTurn };

/** Ends speech. The caller has checked the right. */
function performVoiceCommand(
  queue: Pick<SpeechRequests, 'takeOut'>,
  sounds: TrackSounds<QueuedSpeech>,
  command: TrackCommand,
): TrackOutcome {
  const { kind } = command;
  const track = voiceTrack;
  if (!speechCommands.has(kind)) return { kind: 'reserved', track };
  const touched = listTouchedSounds(sounds, command);
  const [first] = touched;
  if (!first && kind === 'remove')
    return { kind: 'no-item', name: command.item, names: [] };
  if (!first) return { kind: 'empty', track };
  // The next turn would begin if the first were ended first.
  for (const { turn } of touched.toReversed())
    queue.takeOut(turn, kind === 'stop' ? 'stopped' : 'skipped');
  const { title } = first;
  if (kind === 'skip') return { kind: 'skipped', track, title };
  return { kind: 'changed', track, change: kind === 'remove' ? kind : 'stop', title };
}

function isSkippable(turn: ListedTurn) {
  // Everybody has to hear the others.
  return turn.kind !== 'announcement' || turn.announcement.interruptible !== false;
}

function toTrackSound(turn: ListedTurn, answer: string): QueuedSpeech {
  const id = `${turn.id}`;
  if (turn.kind === 'question')
    return { id, turn, title: answer, owner: { id: turn.by, name: turn.name } };
  return { id, turn, title: speechTitle, owner: turn.announcement.owner };
}

export function toTrackLine(view: ListedTrack, locale: Locale): TextLine {
  const { name: track, percent: n, current, isMuted, isPaused } = view;
  if (!current) return { id: 'track.line.idle', with: { track, n } };
  const { title, owner, positionMs, lengthMs, loop } = current;
  if (positionMs === undefined) {
    const time = owner ?? formatText('transcript.somebody', {}, locale);
    return { id: 'track.line', with: { track, title, time, n } };
  }
  const marks = [
    isPaused && formatText('panel.paused', {}, locale),
    formatPlayingTime(positionMs, lengthMs),
    loop && formatText('track.loops', {}, locale),
    isMuted && formatText('track.mutes', {}, locale),
  ];
  const time = marks.filter(Boolean).join(', ');
  return { id: 'track.line', with: { track, title, time, n } };
}

/** Each step of a position is an edit of the panel. */
const positionStepMs = 5_000;
const [maxTracks, maxTitleChars] = [3, 40];

/** The buttons control the first. */
export function describeTrackPanel(
  playing: readonly ListedTrack[],
  locale: Locale,
): FeaturePanel {
  const [first] = playing;
  if (!first) return {};
  const shown = playing.slice(0, maxTracks).map((view) => {
    const { current } = view;
    const { positionMs = 0, title = '' } = current ?? {};
    const place = {
      title: takeFirstChars(title, maxTitleChars),
      positionMs: positionMs - (positionMs % positionStepMs),
    };
    const line = toTrackLine(
      { ...view, current: current && { ...current, ...place } },
      locale,
    );
    return formatText(line.id, line.with, locale);
  });
  const more = playing.length - shown.length;
  const list = [...shown, ...(more > 0 ? [`+${more}`] : [])].join('; ');
  return {
    lines: [{ id: 'panel.tracks', with: { list } }],
    buttons: [`track.pause:${first.name}`, `track.skip:${first.name}`],
  };
}

const storeIntervalMs = 3_000;
const defaultPercent = 100;

/** Stores the tracks of a session, and restores those of a former process. */
function createTrackPersistence(
  { notices, place, signal, speech }: PlayingSession,
  deps: TrackDeps,
  isPassedOn: boolean,
) {
  const { catalog, clock, store } = deps;
  const { channelId, guildId } = place.channel;
  const { tracks } = speech.mix;
  const changes = new Wakeup(clock);
  const wake = () => changes.wake();
  /** Undefined until the tracks are restored. */
  let written = isPassedOn ? '' : undefined;

  /** Lists sounds that can be opened again, and changed volumes of own tracks. */
  function listKept(): readonly StoredTrack[] {
    return [...tracks.listTracks(), ...Object.values(tracks.own)]
      .map(({ items, name, state }) => {
        return { name, ...state, sounds: items.flatMap(toStoredSounds) };
      })
      .filter(
        ({ name, percent, sounds }) =>
          sounds.length > 0 || (isOwnTrack(name) && percent !== defaultPercent),
      );
  }

  async function writeTracks(list: readonly StoredTrack[]) {
    const json = JSON.stringify(list);
    if (json === written) return;
    if (await tryWrite(guildId, deps, () => store.write(guildId, channelId, list)))
      written = json;
  }

  async function writeChanges() {
    for (;;) {
      await clock.sleep(storeIntervalMs, signal);
      await writeTracks(listKept());
      const isIdle = tracks.listTracks().every(({ items }) => items.length === 0);
      if (isIdle && !signal.aborted) await changes.wait(Number.POSITIVE_INFINITY);
    }
  }

  async function restoreTracks() {
    const list = await withStoreTimeout(guildId, deps, 'store.unreadable', () =>
      store.read(guildId, channelId),
    );
    await Promise.all((list ?? []).map(restoreTrack));
    written = list ? JSON.stringify(list) : '';
  }

  async function restoreTrack({ name, sounds, ...state }: StoredTrack) {
    tracks.findTrack(name)?.changeState(state);
    for (const sound of sounds) {
      await restoreSound(name, sound);
      tracks.findTrack(name)?.changeState(state);
    }
  }

  async function restoreSound(
    track: string,
    { source: origin, title, positionMs: fromMs, loop: isLooping }: StoredSound,
  ) {
    try {
      const again = catalog.openStored(origin, title, signal);
      const source = await waitUnlessAborted(again, signal);
      tracks.enqueue(track, source, { origin, isLooping, fromMs });
    } catch (error) {
      signal.throwIfAborted();
      const reason = toSoundErrorLine(error);
      if (!reason) throw error;
      reportGone(track, title, reason);
    }
  }

  function reportGone(track: string, title: string, why: TextLine) {
    const reason = notices.formatWrittenText(why);
    notices.post({ id: 'track.gone', with: { track, title, reason } });
  }

  return {
    noteChange: wake,
    /** Restores tracks, then writes changes until the session is over. Never throws. */
    async runUntilOver() {
      using _tracks = tracks.listen(({ error, item, track }) => {
        changes.wake();
        if (error) reportGone(track, item.title, toTrackErrorLine(error));
      });
      signal.addEventListener('abort', wake);
      try {
        if (written === undefined) await restoreTracks();
        await writeChanges();
      } catch (error) {
        if (!signal.aborted) notices.reportFailure(error, 'speak');
      }
    },
    /** Stores the tracks for the next process, or none. Never throws. */
    async closeStore(isKept: boolean) {
      if (!isKept || written !== undefined) await writeTracks(isKept ? listKept() : []);
    },
  };
}

function toStoredSounds(
  {
    isLooping: loop,
    origin,
    positionMs: atMs,
    source,
    title,
  }: Pick<TrackItem, 'isLooping' | 'origin' | 'positionMs' | 'source' | 'title'>,
  place: number,
) {
  if (!origin) return [];
  const positionMs = place === 0 && source.isSeekable ? Math.round(atMs) : 0;
  return [{ source: origin, title, positionMs, loop }];
}
