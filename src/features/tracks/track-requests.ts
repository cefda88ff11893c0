import { writtenText } from '#src/conversation/languages/localized-text.ts';
import type { TrackName } from '#src/conversation/output/session-tracks-and-bot-volumes.ts';
import type { SessionContext } from '#src/conversation/session-context.ts';
import type { VoiceSession } from '#src/conversation/voice-session.ts';
import type { Requester } from '#src/sources/fetch/ports.ts';
import type { TrackCommand } from './perform-track-command.ts';
import { isDj, placeSound } from './place-sound-on-track.ts';
import { SessionTracks } from './session-tracks.ts';
import type { FoundSound, SoundCatalog } from './sound-catalog.ts';
import {
  everyTrack,
  isOwnTrack,
  ownItems,
  ownTracks,
  trackNameOf,
  voiceTrack,
} from './track-names.ts';
import type {
  ListedTrack,
  Playing,
  PlayRequest,
  TrackAction,
  TrackCaller,
  TrackOutcome,
  TrackSetting,
} from './track-outcomes.ts';
import type { TracksAndSoundOwners } from './tracks-and-sound-owners.ts';
import { VoiceTrackQueue } from './voice-track-queue.ts';

/** The sessions of all servers. */
type TrackSessions = { session(guildId: string): VoiceSession | undefined };

/** Holder of the sounds of a track. */
type SoundHolder = Pick<TracksAndSoundOwners, 'subject' | 'ownerBeside' | 'perform'>;

const nowhere = { kind: 'nowhere' } as const;

/**
 * Track requests in the channels where the bot sits: people may change their own sounds, a DJ all, the others vote. The caller
 * of a method checks who sits in the channel.
 */
export class TrackRequests {
  readonly #sessions: TrackSessions;
  readonly #catalog: SoundCatalog;
  readonly #signal: AbortSignal;
  readonly #voiceQueues = new WeakMap<SessionContext['queue'], VoiceTrackQueue>();

  /** Aborting `signal` ends what is being fetched. */
  constructor(catalog: SoundCatalog, sessions: TrackSessions, signal: AbortSignal) {
    this.#catalog = catalog;
    this.#sessions = sessions;
    this.#signal = signal;
  }

  /** Answers once the sound was examined, at most 12 s later. */
  async play(guildId: string, caller: TrackCaller, request: PlayRequest): Promise<Playing> {
    const before = this.#context(guildId);
    if (!before) return nowhere;
    const track = trackNameOf(request.track);
    if (track === undefined) return { kind: 'bad-name' };
    if (isOwnTrack(track) || track === everyTrack) return { kind: 'reserved', track };
    if (this.#sessions.session(guildId)?.restrictions.isMute) return { kind: 'muted' };
    const { owned } = tracksIn(before);
    if (owned.isFull(track)) return full(owned, track);
    const signal = AbortSignal.any([this.#signal, before.signal]);
    using pending = owned.pendingOwner({ id: caller.id, name: caller.name });
    const found = await this.#found({ guildId, personId: caller.id }, request, signal);
    const context = this.#context(guildId);
    if (!found || !context) return nowhere;
    if (found.kind === 'bad') return found;
    if (found.kind !== 'found') return { ...found, sound: `${request.sound}` };
    const sound = { ...found, owner: pending.owner };
    const playing = placeSound(context, caller, { ...request, track }, sound);
    const isPlaced = playing.kind === 'playing' || playing.kind === 'added';
    if (isPlaced) this.#catalog.remember(guildId, found.source.title, found.origin);
    return playing;
  }

  /** `all` is every track that holds something. One outcome per track, and at least one. */
  steer(
    guildId: string,
    caller: TrackCaller,
    kind: TrackAction,
    typed: string,
  ): readonly TrackOutcome[] {
    const context = this.#context(guildId);
    if (!context) return [nowhere];
    const track = trackMeant(typed, context);
    if (isOwnTrack(track) && !(track === voiceTrack && isVoiceAction(kind)))
      return [{ kind: 'reserved', track }];
    if (track !== everyTrack) return [this.#judged({ kind, track }, caller, context)];
    const { busy } = tracksIn(context).owned;
    if (busy.length === 0) return [{ kind: 'silent' }];
    return busy.map((one) => this.#judged({ kind, track: one }, caller, context));
  }

  change(guildId: string, caller: TrackCaller, setting: TrackSetting, typed: string): TrackOutcome {
    const context = this.#context(guildId);
    if (!context) return nowhere;
    const track = trackMeant(typed, context);
    if (setting.kind === 'remove') return this.#remove(setting.item, track, caller, context);
    if (isOwnTrack(track)) return changeOwn(setting, track, context);
    return this.#judged({ ...setting, track }, caller, context);
  }

  /** Tracks that hold something, the one people mean first, then `voice` and `cues`; undefined without a session. */
  list(guildId: string): readonly ListedTrack[] | undefined {
    const context = this.#context(guildId);
    return context && viewsIn(context, this.#voiceQueue(context));
  }

  /** Names that `play` accepts: the whole library, then recently played sounds, newest first. */
  async sounds(guildId: string): Promise<readonly string[]> {
    return await this.#catalog.names(guildId);
  }

  /** Counts a vote on a sound of another person; `pollId` is the id that the button carries. */
  vote(guildId: string, personId: string, pollId: string): readonly TrackOutcome[] {
    const context = this.#context(guildId);
    if (!context) return [nowhere];
    const poll = tracksIn(context).polls.find(pollId);
    if (!poll) return [{ kind: 'over' }];
    const holder = this.#holder(poll.action, context);
    if (holder.subject(poll.action) !== poll.about) return [{ kind: 'over' }];
    return [voted(poll.action, personId, holder, context)];
  }

  #remove(item: string, track: string, caller: TrackCaller, context: SessionContext): TrackOutcome {
    if (track === voiceTrack && item.trim().toLowerCase() === ownItems)
      return this.#voiceQueue(context).removeOf(caller.id);
    const removal =
      track === voiceTrack
        ? this.#voiceQueue(context).removal(item)
        : tracksIn(context).owned.removal(track, item);
    return removal ? this.#judged(removal, caller, context) : { kind: 'no-item', track, item };
  }

  /** Performs a command of a person who may give it, and puts it to the vote for anybody else. */
  #judged(command: TrackCommand, caller: TrackCaller, context: SessionContext): TrackOutcome {
    const holder = this.#holder(command, context);
    const owner = holder.ownerBeside(caller.id, command);
    if (!owner || isDj(caller, context)) return holder.perform(command);
    return voted(command, caller.id, holder, context);
  }

  #holder({ track }: TrackCommand, context: SessionContext): SoundHolder {
    return track === voiceTrack ? this.#voiceQueue(context) : tracksIn(context).owned;
  }

  /** One for each session, as votes go by what it calls its turns. */
  #voiceQueue({ channel, parts, queue }: SessionContext): VoiceTrackQueue {
    const known = this.#voiceQueues.get(queue);
    if (known) return known;
    const made = new VoiceTrackQueue(queue, (id) => writtenText({ id }, channel.guildId, parts));
    this.#voiceQueues.set(queue, made);
    return made;
  }

  #context(guildId: string): SessionContext | undefined {
    return this.#sessions.session(guildId)?.context;
  }

  /** Undefined when the session has ended meanwhile. */
  async #found(
    requester: Requester,
    { sound }: PlayRequest,
    signal: AbortSignal,
  ): Promise<FoundSound | undefined> {
    try {
      return await this.#catalog.find(requester, sound, signal);
    } catch (error) {
      if (!signal.aborted) throw error;
      return undefined;
    }
  }
}

/** All tracks of a channel, its own behind those of people. */
function viewsIn(context: SessionContext, voiceQueue: VoiceTrackQueue): readonly ListedTrack[] {
  const own = ownTracks.map((name): ListedTrack => {
    const sounds = name === voiceTrack ? voiceQueue.view : { waiting: [] };
    const percent = context.mix.volume.of(name);
    return { name, percent, isPaused: false, isMuted: false, ...sounds };
  });
  return [...tracksIn(context).owned.views, ...own];
}

/** A track as it is shown, in whatever case it was typed; as it was typed where there is none. */
function trackMeant(typed: string, context: SessionContext): string {
  return tracksIn(context).owned.shownName(trackNameOf(typed) ?? typed);
}

/** Speech can be skipped and stopped; it is neither paused nor muted. */
function isVoiceAction(kind: TrackAction): boolean {
  return kind === 'skip' || kind === 'stop';
}

/** The bot's own tracks can be made louder, and nothing else. */
function changeOwn(setting: TrackSetting, track: TrackName, { mix }: SessionContext): TrackOutcome {
  if (setting.kind !== 'volume') return { kind: 'reserved', track };
  mix.volume.set(track, setting.percent);
  return { kind: 'volume', track, percent: setting.percent };
}

function voted(
  command: TrackCommand,
  personId: string,
  holder: SoundHolder,
  context: SessionContext,
): TrackOutcome {
  const { polls } = tracksIn(context);
  const here = context.people().filter(({ isBot }) => !isBot);
  const about = holder.subject(command);
  const count = polls.vote(
    { about, action: command },
    personId,
    here.map(({ id }) => id),
  );
  if (count.kind === 'carried') return holder.perform(command);
  const { id: pollId, votes, needed } = count;
  const owner = holder.ownerBeside(personId, command)?.name ?? '';
  return { kind: 'denied', track: command.track, owner, votes, needed, pollId };
}

function full(owned: TracksAndSoundOwners, track: string): Playing {
  return { kind: 'full', track: owned.shownName(track), limit: owned.limit };
}

function tracksIn({ features }: SessionContext): SessionTracks {
  return features.of(SessionTracks);
}
