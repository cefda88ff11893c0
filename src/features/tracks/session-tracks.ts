import type { SoundSource } from '#src/audio/sound-source.ts';
import type { PersonId } from '#src/base/ids.ts';
import type { ConversationLoop } from '#src/conversation/conversation-loop.ts';
import { isMuted } from '#src/conversation/machine/draft.ts';
import type { Mouth } from '#src/conversation/mouth/mouth.ts';
import type {
  ListedTurn,
  SpeechRequests,
} from '#src/conversation/mouth/speech-requests.ts';
import type { SessionChannel } from '#src/conversation/session.ts';
import { getRightsFacts } from '#src/conversation/tools/session-tools.ts';
import type { ChannelNotices } from '#src/notices/channel-notices.ts';
import type { Owned } from '#src/people/owned.ts';
import { hasRight } from '#src/people/rights.ts';
import {
  isOwnTrack,
  type NamedTrack,
  normaliseTrackName,
  ownTracks,
} from '#src/playback/tracks/named-track.ts';
import type { NamedTracks } from '#src/playback/tracks/named-tracks.ts';
import type { ItemOptions, SoundOwner } from '#src/playback/tracks/track-item.ts';
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
import type {
  FeatureSession,
  LeaveSummary,
  SessionObjects,
} from '#src/ports/feature-session.ts';
import type { FeaturePanel } from '#src/ports/panel.ts';
import type { RoomView } from '#src/ports/room-view.ts';
import { type LeaveReason, reasonsToReturn } from '#src/ports/session-events.ts';
import { takeFirstChars } from '#src/texts/plain-text.ts';
import { formatText, type Locale, type TextLine } from '#src/texts/texts.ts';
import { speechTitle } from './lazily-synthesised-text.ts';
import { TrackFacts } from './track-facts.ts';
import { defaultTrack, everyTrack, isSameTrack, voiceTrack } from './track-names.ts';
import { TrackPersistence, type TrackPersistenceDeps } from './track-persistence.ts';
import {
  formatPlayingTime,
  type ListedTrack,
  type PlayOutcome,
  type PlayRequest,
  type TrackCaller,
} from './track-request-outcomes.ts';

type PlaceableSound = Pick<ItemOptions, 'origin' | 'owner'> & {
  readonly sound: Owned<SoundSource>;
};

/** Tracks of all sessions of a shard. */
export type RunningTracks = { readonly sessionTracks: SessionObjects<SessionTracks> };

/** Objects of a session that its tracks use. */
export type PlayingSession = {
  readonly loop: ConversationLoop;
  readonly notices: ChannelNotices;
  readonly voiceChannel: SessionChannel;
  readonly signal: AbortSignal;
  readonly mouth: Mouth;
};

type TrackDeps = TrackPersistenceDeps & {
  readonly places: Pick<Places, 'mayManage'>;
  readonly roomView?: RoomView | undefined;
};

/**
 * The tracks of one session with the rights to them: people change their own sounds, a DJ changes all, and everybody
 * else votes.
 */
export class SessionTracks implements FeatureSession {
  readonly tracks: NamedTracks;
  /** An owner is emptied when the person is forgotten, wherever a sound holds it. */
  readonly #owners: Map<PersonId, SoundOwner>;
  /** Voters for a skip, by id of the sound. */
  readonly #votes = new Map<string | undefined, Set<PersonId>>();
  /** The session that plays now. Tracks go along when the bot moves. */
  readonly #current: { session: PlayingSession };
  readonly #session: PlayingSession;
  readonly #deps: TrackDeps;
  readonly #persistence: TrackPersistence;
  readonly #facts: TrackFacts | undefined;
  #persisting: Promise<void> | undefined;

  /** Creates the tracks. `predecessor` has those before a move. */
  constructor(
    session: PlayingSession,
    deps: TrackDeps,
    predecessor: SessionTracks | undefined,
  ) {
    this.#session = session;
    this.#deps = deps;
    this.tracks = session.mouth.mix.tracks;
    this.#owners = predecessor ? predecessor.#owners : new Map();
    this.#persistence = new TrackPersistence(session, deps, predecessor !== undefined);
    const { clock, roomView } = deps;
    if (predecessor) this.#facts = predecessor.#facts;
    else this.#facts = roomView && new TrackFacts(this.tracks, roomView, clock);
    const current = predecessor ? predecessor.#current : { session };
    current.session = session;
    this.#current = current;
    if (predecessor) return; // it listens
    this.tracks.listen(({ item, kind: end, track }) => {
      // A sound without an origin is speech, and its title has its words.
      const title = item.origin && item.title;
      const { notices, voiceChannel } = current.session;
      if (end !== 'began' && end !== 'paused')
        notices.reportEvent({
          kind: 'played',
          channelId: voiceChannel.channel.channelId,
          track,
          title,
          end,
        });
    });
  }

  /** Restores tracks of a former process, and stores changes. */
  onChange(hasEntered: boolean): void {
    if (hasEntered) this.#persisting ??= this.#persistence.runUntilOver();
  }

  /** Stores tracks that may return, and ends the others. */
  async onEnd(reason: LeaveReason): Promise<LeaveSummary> {
    await this.#persisting;
    const { mix } = this.#session.mouth;
    await this.#persistence.closeStore(reasonsToReturn.has(reason) && !mix.isPassedOn);
    if (!mix.isPassedOn) {
      mix.tracks.close();
      this.#facts?.close();
    }
    return {};
  }

  /** Describes up to three playing tracks, with buttons for the first. */
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

  /** Names of tracks with a sound, the default track first. */
  get busyTracks(): readonly string[] {
    return this.#rankedTracks
      .filter(({ items }) => items.length > 0)
      .map(({ name }) => name);
  }

  /** Builds a caller from a person in the channel. */
  toCaller(id: PersonId): TrackCaller {
    const { voiceChannel } = this.#session;
    const mayManage = this.#deps.places.mayManage(voiceChannel.channel.guildId, id);
    return { id, name: voiceChannel.findPerson(id)?.name ?? 'Someone', mayManage };
  }

  /** Gets the owner object of a person, which all sounds of the person share. */
  getOwner({ id, name }: Pick<TrackCaller, 'id' | 'name'>): SoundOwner {
    const owner = this.#owners.get(id) ?? { person: undefined };
    this.#owners.set(id, owner);
    owner.person = { id, name };
    return owner;
  }

  /** Ends texts of a person that sound or wait, as those on the track `voice` end. */
  withdrawSpeech(personId: PersonId): void {
    for (const track of this.tracks.listTracks()) track.withdrawSpeech(personId);
  }

  /** Makes all sounds of a person belong to nobody. They play on. */
  forgetPerson(personId: PersonId): void {
    const owner = this.#owners.get(personId);
    if (owner) owner.person = undefined;
    this.#owners.delete(personId);
  }

  /** Plays a sound, examined for 12 s at most. A second outcome denies its volume. */
  async playSound(
    caller: TrackCaller,
    request: PlayRequest,
  ): Promise<readonly [PlayOutcome, ...TrackOutcome[]]> {
    const playing = await this.#findAndPlay(caller, request);
    const { percent } = request;
    if (percent === undefined || !('ended' in playing)) return [playing];
    const volume = this.requestCommand(caller, playing.track, {
      kind: 'volume',
      percent,
    });
    return volume.kind === 'denied' ? [playing, volume] : [playing];
  }

  async #findAndPlay(caller: TrackCaller, request: PlayRequest): Promise<PlayOutcome> {
    const { voiceChannel, signal: sessionSignal } = this.#session;
    const refusal = this.#findRefusal(request.track);
    if (refusal) return refusal;
    const owner = this.getOwner(caller);
    const signal = AbortSignal.any([sessionSignal, request.signal ?? sessionSignal]);
    const sound = await this.#deps.catalog
      .findForChannel(voiceChannel.channel, request, signal)
      .catch((error: unknown) => {
        if (!signal.aborted) throw error;
      });
    // The session may end while a sound is examined.
    if (!sound || sessionSignal.aborted) return { kind: 'nowhere' };
    if (sound.kind !== 'found') return sound;
    return this.placeSound(request, { ...sound, owner });
  }

  /** Plays an opened sound, or lets it wait on its track. */
  placeSound(
    { loop, next, track, wait }: Omit<PlayRequest, 'sound'>,
    { sound, origin, owner }: PlaceableSound,
  ): PlayOutcome {
    if (wait && (loop || this.tracks.findTrack(track)?.items[0]?.isLooping))
      return { kind: 'looping', track };
    const options = { origin, owner, isLooping: loop, isNext: next };
    const playing =
      this.#findRefusal(track) ?? this.tracks.enqueue(track, sound, options);
    this.#persistence.noteChange();
    return playing;
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
    const outcomes = this.busyTracks.map((track) =>
      this.requestCommand(caller, track, command),
    );
    return outcomes.length > 0 ? outcomes : [{ kind: 'empty', track: everyTrack }];
  }

  /** Performs a command on one track if the caller may, else counts a vote for a skip. */
  requestCommand(
    caller: TrackCaller,
    typedName: string,
    command: TrackCommand,
  ): TrackOutcome {
    const track = this.tracks.findTrack(typedName);
    if (!track) return this.#toMissingOutcome(normaliseTrackName(typedName));
    const { name } = track;
    const isTouching = name !== voiceTrack || speechCommands.has(command.kind);
    const touched = isTouching
      ? listTouchedSounds(this.#listSounds(name), command)
      : [];
    const owner = touched
      .map((sound) => sound.owner)
      .find((soundOwner) => soundOwner && soundOwner.id !== caller.id);
    const isDj = hasRight(
      'dj',
      getRightsFacts(caller.id, caller.mayManage, this.#session.voiceChannel),
    );
    if (!owner || isDj) return this.#performCommand(track, command);
    const vote =
      command.kind === 'skip' ? this.#countVote(caller.id, touched[0]?.id) : undefined;
    if (vote && vote.votes >= vote.needed) return this.#performCommand(track, command);
    return { kind: 'denied', track: name, owner: owner.name, ...(vote && { vote }) };
  }

  #toMissingOutcome(name: string): TrackOutcome {
    const names = this.#rankedTracks.map((track) => track.name);
    if (names.length === 0 || isSameTrack(name, defaultTrack))
      return { kind: 'empty', track: name };
    return { kind: 'unknown', name, names: [...names, ...ownTracks] };
  }

  /**
   * Performs a command. The bot's own tracks only take a volume, and speech also ends.
   */
  #performCommand(track: NamedTrack, command: TrackCommand): TrackOutcome {
    const { name } = track;
    this.#persistence.noteChange();
    if (!isOwnTrack(name) || command.kind === 'volume') return track.perform(command);
    if (name !== voiceTrack) return { kind: 'reserved', track: name };
    return performVoiceCommand(this.#session.mouth.requests, this.#speech, command);
  }

  /** Counts a vote. More than half of the people present are needed. */
  #countVote(personId: PersonId, soundId: string | undefined) {
    const voters = (this.#votes.get(soundId) ?? new Set()).add(personId);
    this.#votes.set(soundId, voters);
    const present = this.#session.voiceChannel
      .listPeople()
      .filter(({ isBot }) => !isBot);
    const votes = present.filter(({ id }) => voters.has(id)).length;
    return { votes, needed: Math.floor(present.length / 2) + 1 };
  }

  #describeTracks(tracks: readonly NamedTrack[]) {
    return tracks.map(({ items: [item], name, state }) => {
      const { current, waiting } = this.#listSounds(name);
      const position = {
        positionMs: item?.positionMs,
        lengthMs: item?.source.lengthMs,
        loop: item?.isLooping ?? false,
      };
      const sound = current && { ...toListedSound(current), ...position };
      return { name, ...state, current: sound, waiting: waiting.map(toListedSound) };
    });
  }

  get #rankedTracks(): readonly NamedTrack[] {
    const mainTrack = this.tracks.findTrack(defaultTrack);
    const getRank = (track: NamedTrack) =>
      (track.items.length > 0 ? 2 : 0) + (track === mainTrack ? 1 : 0);
    return this.tracks.listTracks().toSorted((a, b) => getRank(b) - getRank(a));
  }

  #listSounds(name: string): TrackSounds {
    if (name === voiceTrack) return this.#speech;
    const [current, ...waiting] = this.tracks.findTrack(name)?.items ?? [];
    return { current, waiting };
  }

  /** Lists speech that can be skipped. */
  get #speech(): TrackSounds<QueuedSpeech> {
    const { notices, mouth } = this.#session;
    const { current, waiting } = mouth.requests;
    const answer = notices.formatWrittenText({ id: 'track.voice.answer' });
    return {
      current:
        current && isSkippable(current)
          ? this.#toTrackSound(current, answer)
          : undefined,
      waiting: waiting
        .filter(isSkippable)
        .map((turn) => this.#toTrackSound(turn, answer)),
    };
  }

  #toTrackSound(turn: ListedTurn, answer: string): QueuedSpeech {
    const { channelId } = this.#session.voiceChannel.channel;
    const sound = { id: `${turn.id}`, turn, wordsOwner: { channelId } };
    if (turn.kind === 'question')
      return { ...sound, title: answer, owner: { id: turn.by, name: turn.name } };
    return { ...sound, title: speechTitle, owner: turn.announcement.owner };
  }
}

function toListedSound({
  title,
  owner,
  wordsOwner,
}: TrackSound): ListedTrack['waiting'][number] {
  const hasWords = wordsOwner === 'given' ? undefined : true;
  return { title, ...(owner && { owner: owner.name }), ...(hasWords && { hasWords }) };
}

const speechCommands: ReadonlySet<TrackCommand['kind']> = new Set([
  'skip',
  'stop',
  'remove',
]);

/** A waiting or current turn of the bot, as a sound on the track `voice`. */
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
  const [nextSound] = touched;
  if (!nextSound && kind === 'remove')
    return { kind: 'no-item', name: command.item, names: [] };
  if (!nextSound) return { kind: 'empty', track };
  // The next turn would begin if the first were ended first.
  for (const { turn } of touched.toReversed())
    queue.takeOut(turn, kind === 'stop' ? 'stopped' : 'skipped');
  const { title } = nextSound;
  if (kind === 'skip') return { kind: 'skipped', track, title };
  return { kind: 'changed', track, change: kind === 'remove' ? kind : 'stop', title };
}

function isSkippable(turn: ListedTurn) {
  // Everybody has to hear the others.
  return turn.kind !== 'announcement' || turn.announcement.interruptible !== false;
}

/** Describes a track with its current sound, position and volume in one line. */
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

/** Describes up to three playing tracks. The buttons control the first. */
export function describeTrackPanel(
  playing: readonly ListedTrack[],
  locale: Locale,
): FeaturePanel {
  const [mainTrack] = playing;
  if (!mainTrack) return {};
  const trackTexts = playing.slice(0, maxTracks).map((view) => {
    const { current } = view;
    const { positionMs = 0, title = '' } = current ?? {};
    const shortened = {
      title: takeFirstChars(title, maxTitleChars),
      positionMs: positionMs - (positionMs % positionStepMs),
    };
    const { id, with: fields } = toTrackLine(
      { ...view, current: current && { ...current, ...shortened } },
      locale,
    );
    return formatText(id, fields, locale);
  });
  const hiddenCount = playing.length - trackTexts.length;
  const list = [...trackTexts, ...(hiddenCount > 0 ? [`+${hiddenCount}`] : [])].join(
    '; ',
  );
  return {
    lines: [{ id: 'panel.tracks', with: { list } }],
    buttons: [`track.pause:${mainTrack.name}`, `track.skip:${mainTrack.name}`],
  };
}
