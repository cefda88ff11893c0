import type { SoundSource } from '#src/audio/sound-source.ts';
import type { Public } from '#src/base/public.ts';
import type { SessionContext } from '#src/conversation/session-context.ts';
import { rightsFactsOf } from '#src/conversation/tools/session-tools.ts';
import { writtenText } from '#src/notices/localized-text.ts';
import { holds } from '#src/people/rights.ts';
import { TrackVotePolls } from '#src/people/track-votes.ts';
import { loudnessOf } from '#src/playback/mix/levelling.ts';
import type { NamedTrack } from '#src/playback/tracks/named-track.ts';
import type { NamedTracks } from '#src/playback/tracks/named-tracks.ts';
import type {
  ItemEnd,
  ItemOptions,
  SoundOwner,
  TrackItem,
} from '#src/playback/tracks/track-item.ts';
import type { TrackCommand } from '#src/playback/tracks/track-outcomes.ts';
import { failureEventOf } from '#src/ports/failure-event.ts';
import type { EndNews, FeatureSession } from '#src/ports/feature-session.ts';
import type { FeaturePanel, PanelTrack } from '#src/ports/panel.ts';
import type { PlayEnd } from '#src/ports/play-end.ts';
import type { LeaveReason } from '#src/ports/session-events.ts';
import { SoundOwners } from './sound-owners.ts';
import { trackErrorText } from './sound-source-error-texts.ts';
import { isSameTrack, ownTracks, panelButtons, usualTrack, voiceTrack } from './track-names.ts';
import type {
  ListedSound,
  ListedTrack,
  Playing,
  PlayRequest,
  TrackCaller,
  TrackOutcome,
} from './track-outcomes.ts';
import { TrackPersistence } from './track-persistence.ts';
import { soundMeant, soundsTouched, type TrackSound, type TrackSounds } from './track-sounds.ts';
import type { TrackStore } from './track-store.ts';
import { dropFromVoice, performOnVoice, soundsOnVoice } from './voice-track-queue.ts';

/** Reasons after which tracks go on when the bot is called back: no person sent it away. */
const keepsTracks: ReadonlySet<LeaveReason> = new Set(['stopped', 'lost', 'refused', 'outdated']);
/** The panel shows the position of a sound in such steps, in ms: each is an edit. */
const stepMs = 5_000;

/** A sound that is there, and whose it is going to be. */
export type PlaceableSound = Pick<ItemOptions, 'origin' | 'owner'> & {
  readonly source: SoundSource;
};

type Sounds = { readonly track: string; readonly command: TrackCommand };

/** Tracks of one session: people may change their own sounds, a DJ all, the others vote. */
export class SessionTracks implements FeatureSession {
  readonly parts = { tracks: this };
  readonly tracks: NamedTracks;
  readonly owners: SoundOwners;
  readonly #polls = new TrackVotePolls<Sounds>();
  readonly #context: SessionContext;
  readonly #keeper: TrackPersistence;
  #keeping: Promise<void> | undefined;

  /** `former`: tracks of the session that this one goes on from. */
  constructor(
    context: SessionContext,
    store: Public<TrackStore>,
    former: SessionTracks | undefined,
  ) {
    this.#context = context;
    this.tracks = context.mix.tracks;
    this.owners = former?.owners ?? new SoundOwners();
    this.#keeper = new TrackPersistence(context, store, this.owners, former !== undefined);
  }

  /** Brings back what a former process left, and keeps all for the next one until the session is over. */
  changed(hasEntered: boolean): void {
    if (hasEntered) this.#keeping ??= this.#keep();
  }

  /** Keeps tracks that go on elsewhere; otherwise all of them end. */
  async ended(why: LeaveReason): Promise<EndNews> {
    await this.#keeping;
    const { mix } = this.#context;
    await this.#keeper.close(keepsTracks.has(why) && !mix.isPassedOn ? 'keep' : 'forget');
    mix.end();
    return {};
  }

  panel(): FeaturePanel {
    const tracks = this.#ranked.flatMap((track) => shownTrack(viewOf(track)));
    return tracks.length > 0 ? { tracks, buttons: panelButtons(tracks) } : {};
  }

  /** All tracks, those first that hold something, and among them the usual one; the bot's own behind them. */
  get views(): readonly ListedTrack[] {
    const { mix } = this.#context;
    const own = ownTracks.map((name): ListedTrack => {
      const { current, waiting } = this.#soundsOn(name);
      return {
        name,
        percent: mix.volume.of(name),
        isPaused: false,
        isMuted: false,
        current: current && { ...listed(current), loop: false },
        waiting: waiting.map(listed),
      };
    });
    return [...this.#ranked.map(viewOf), ...own];
  }

  /** Tracks of people that hold something, by name. */
  get busy(): readonly string[] {
    return this.#ranked.filter(({ now }) => now).map(({ name }) => name);
  }

  /** A track as whoever played on it first wrote it, or as it is called here where it is not there. */
  shownName(name: string): string {
    return this.tracks.track(name)?.name ?? name;
  }

  /** Puts a sound on a track as a person wishes; a volume only where the track is theirs to change. */
  place(
    caller: TrackCaller,
    { loop, next, onEnd, percent, track: called }: Omit<PlayRequest, 'sound'>,
    { source, ...sound }: PlaceableSound,
  ): Playing {
    const before = this.tracks.track(called)?.percent ?? 100;
    const volume = { kind: 'volume', percent: percent ?? before } as const;
    const other = this.ownerBeside(caller.id, called, volume);
    const keeps = other && volume.percent !== before && !this.#isDj(caller);
    const options = { ...sound, isLooping: loop, isNext: next, loudness: loudnessOf(source) };
    const added = this.tracks.enqueue(called, source, options);
    if (!('item' in added)) return added;
    const { item, ...placed } = added;
    if (onEnd) void item.ended.then((ended) => onEnd(endOf(ended)));
    const track = this.shownName(called);
    if (!keeps) this.perform(track, volume);
    const kept = keeps ? { owner: other.name, percent: before } : undefined;
    return { ...placed, title: source.title, track, kept };
  }

  /** The command that removes the waiting sound which a person means; undefined where none does. */
  removal(track: string, typed: string): TrackCommand | undefined {
    const sound = soundMeant(this.#soundsOn(track).waiting, typed);
    return sound && { kind: 'remove', id: sound.id };
  }

  /** Takes away all speech that is this person's own. */
  removeOwnSpeech(personId: string): TrackOutcome {
    const { current, waiting } = this.#soundsOn(voiceTrack);
    const all = [...(current ? [current] : []), ...waiting];
    const own = all.filter(({ owner }) => owner?.id === personId);
    dropFromVoice(this.#context.queue, own, 'stopped');
    if (own.length === 0) return { kind: 'empty', track: voiceTrack };
    return { kind: 'removed-own', track: voiceTrack, removed: own.length };
  }

  /** Subject of a command: outdated once the track has changed. */
  subject(track: string, command: TrackCommand): string {
    const [first] = this.#touched(track, command);
    return JSON.stringify([track, command, first?.id ?? null]);
  }

  /** First owner of a sound that a command touches, this person left out. */
  ownerBeside(personId: string, track: string, command: TrackCommand): SoundOwner['person'] {
    const owners = this.#touched(track, command).map(({ owner }) => owner);
    return owners.find((owner) => owner && owner.id !== personId);
  }

  /** Performs a command of a person who may give it. */
  perform(name: string, command: TrackCommand): TrackOutcome {
    if (name === voiceTrack) {
      const touched = this.#touched(name, command);
      return performOnVoice(this.#context.queue, command, this.#soundsOn(name), touched);
    }
    const track = this.tracks.track(name);
    if (track) return track.perform(command);
    const names = this.#ranked.map((one) => one.name);
    if (command.kind === 'volume')
      return { kind: 'unknown', track: name, names: [...names, ...ownTracks] };
    if (isSameTrack(name, usualTrack)) return { kind: 'empty', track: name };
    return names.length > 0 ? { kind: 'unknown', track: name, names } : { kind: 'silent' };
  }

  /** Performs a command of a person who may give it, and puts it to the vote for anybody else. */
  request(caller: TrackCaller, track: string, command: TrackCommand): TrackOutcome {
    const owner = this.ownerBeside(caller.id, track, command);
    if (!owner || this.#isDj(caller)) return this.perform(track, command);
    return this.#voted(caller.id, track, command);
  }

  /** Counts a vote on a sound of another person; `pollId` is the id that the button carries. */
  vote(personId: string, pollId: string): TrackOutcome {
    const poll = this.#polls.find(pollId);
    if (!poll) return { kind: 'over' };
    const { command, track } = poll.action;
    if (this.subject(track, command) !== poll.about) return { kind: 'over' };
    return this.#voted(personId, track, command);
  }

  #voted(personId: string, track: string, command: TrackCommand): TrackOutcome {
    const here = this.#context.people().filter(({ isBot }) => !isBot);
    const subject = { about: this.subject(track, command), action: { track, command } };
    const ids = here.map(({ id }) => id);
    const count = this.#polls.vote(subject, personId, ids);
    if (count.kind === 'carried') return this.perform(track, command);
    const { id: pollId, votes, needed } = count;
    const owner = this.ownerBeside(personId, track, command)?.name ?? '';
    return { kind: 'denied', track, owner, votes, needed, pollId };
  }

  get #ranked(): readonly NamedTrack[] {
    const rank = ({ now, key }: NamedTrack) => (now ? 2 : 0) + (key === usualTrack ? 1 : 0);
    return this.tracks.all().toSorted((a, b) => rank(b) - rank(a));
  }

  #touched(track: string, command: TrackCommand): readonly TrackSound[] {
    return soundsTouched(this.#soundsOn(track), command);
  }

  #soundsOn(name: string): TrackSounds {
    const { channel, parts, queue } = this.#context;
    if (name === voiceTrack)
      return soundsOnVoice(
        queue,
        writtenText({ id: 'track.voice.answer' }, channel.guildId, parts),
      );
    const [current, ...waiting] = this.tracks.track(name)?.items.map(soundOf) ?? [];
    return { current, waiting };
  }

  /** As far as Discord has reported. */
  #isDj({ id, mayManage }: TrackCaller): boolean {
    return holds('dj', rightsFactsOf(id, mayManage, this.#context));
  }

  async #keep(): Promise<void> {
    const { channel, parts, signal } = this.#context;
    try {
      await this.#keeper.run(signal);
    } catch (error) {
      parts.onEvent(channel.guildId, failureEventOf(error, 'speak'));
    }
  }
}

function soundOf({ id, owner, source }: TrackItem): TrackSound {
  return { id, owner, title: source.title };
}

function listed({ title, owner }: TrackSound): Pick<ListedSound, 'owner' | 'title'> {
  return { title, ...(owner && { owner: owner.name }) };
}

function viewOf({ name, percent, isPaused, isMuted, items, now }: NamedTrack): ListedTrack {
  const [, ...waiting] = items.map((item) => listed(soundOf(item)));
  const current = now && {
    ...listed(soundOf(now)),
    positionMs: now.positionMs,
    lengthMs: now.source.lengthMs,
    loop: now.isLooping,
  };
  return { name, percent, isPaused, isMuted, current, waiting };
}

function shownTrack({ current, waiting: _, ...track }: ListedTrack): readonly PanelTrack[] {
  if (!current) return [];
  const { title, positionMs = 0, lengthMs } = current;
  return [{ ...track, title, positionMs: positionMs - (positionMs % stepMs), lengthMs }];
}

function endOf(ended: ItemEnd): PlayEnd {
  const reason = trackErrorText(ended);
  if (reason) return { kind: 'failed', reason };
  const { reason: kind } = ended;
  if (kind === 'completed' || kind === 'skipped') return { kind };
  return { kind: 'stopped', why: kind === 'closed' ? 'left' : 'asked' };
}
