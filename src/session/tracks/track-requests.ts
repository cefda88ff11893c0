import { holds } from '#src/people/rights.ts';
import type { VoiceRestrictions } from '#src/session/alerts/voice-restrictions.ts';
import type { Volumes } from '#src/session/ports/tool.ts';
import type {
  ListedTrack,
  Playing,
  TrackAction,
  TrackCaller,
  TrackKeeping,
  TrackOutcome,
  Tracks,
  TrackVotes,
  TrackWish,
} from '#src/session/ports/tracks.ts';
import { bearerOf, type RightsContext } from '#src/session/tools/current-rights.ts';
import type { Requester } from '#src/sources/fetch/ports.ts';
import type { PendingOwner, TrackCommand } from './owned-tracks.ts';
import type { SessionTracks } from './session-tracks.ts';
import type { FoundSound, SoundCatalog } from './sound-catalog.ts';
import { everyTrack, isOwnTrack, ownTracks, trackNameOf } from './track-names.ts';

/** The tracks of a channel, who is there, and when the session ends. */
type TrackRequestContext = Pick<RightsContext, 'channel' | 'people' | 'settings'> & {
  readonly tracks: Pick<SessionTracks, 'owned' | 'polls'>;
  readonly volume: Volumes;
  readonly signal: AbortSignal;
};

type TrackSession = {
  readonly context: TrackRequestContext;
  readonly restrictions: Pick<VoiceRestrictions, 'isMute'>;
};

/** The sessions of all servers. */
type TrackSessions = { session(guildId: string): TrackSession | undefined };

const nowhere = { kind: 'nowhere' } as const;

/** What people do with tracks in the channels the bot sits in: they may change their own sounds, a DJ all, the others vote. */
export class TrackRequests implements Tracks, TrackVotes {
  readonly #sessions: TrackSessions;
  readonly #shelf: SoundCatalog;
  readonly #signal: AbortSignal;

  /** Aborting `signal` ends what is being fetched. */
  constructor(shelf: SoundCatalog, sessions: TrackSessions, signal: AbortSignal) {
    this.#shelf = shelf;
    this.#sessions = sessions;
    this.#signal = signal;
  }

  async play(guildId: string, caller: TrackCaller, wish: TrackWish): Promise<Playing> {
    const before = this.#context(guildId);
    if (!before) return nowhere;
    const track = trackNameOf(wish.track);
    if (track === undefined) return { kind: 'bad-name' };
    if (isOwnTrack(track) || track === everyTrack) return { kind: 'reserved', track };
    if (this.#sessions.session(guildId)?.restrictions.isMute) return { kind: 'muted' };
    if (before.tracks.owned.isFull(track)) return full(before, track);
    const signal = AbortSignal.any([this.#signal, before.signal]);
    using pending = before.tracks.owned.pendingOwner({ id: caller.id, name: caller.name });
    const found = await this.#found({ guildId, personId: caller.id }, wish, signal);
    const context = this.#context(guildId);
    if (!found || !context) return nowhere;
    if (found.kind === 'no-sound') return { ...found, sound: `${wish.sound}` };
    if (found.kind === 'bad') return found;
    return this.#lay(context, caller, { ...wish, track }, { ...found, owner: pending.owner });
  }

  steer(
    guildId: string,
    caller: TrackCaller,
    kind: TrackAction,
    typed: string,
  ): readonly TrackOutcome[] {
    const context = this.#context(guildId);
    if (!context) return [nowhere];
    const track = trackNameOf(typed) ?? typed;
    if (isOwnTrack(track)) return [{ kind: 'reserved', track }];
    if (track !== everyTrack) return [judged({ kind, track }, caller, context)];
    const { busy } = context.tracks.owned;
    if (busy.length === 0) return [{ kind: 'silent' }];
    return busy.map((one) => judged({ kind, track: one }, caller, context));
  }

  volume(guildId: string, caller: TrackCaller, typed: string, percent: number): TrackOutcome {
    const context = this.#context(guildId);
    if (!context) return nowhere;
    const track = trackNameOf(typed) ?? typed;
    if (!isOwnTrack(track)) return judged({ kind: 'volume', track, percent }, caller, context);
    context.volume.set(track, percent);
    return { kind: 'volume', track, percent };
  }

  list(guildId: string): readonly ListedTrack[] | undefined {
    const context = this.#context(guildId);
    return context && viewsIn(context);
  }

  async sounds(guildId: string): Promise<readonly string[]> {
    return await this.#shelf.names(guildId);
  }

  vote(guildId: string, personId: string, pollId: string): readonly TrackOutcome[] {
    const context = this.#context(guildId);
    if (!context) return [nowhere];
    const poll = context.tracks.polls.find(pollId);
    if (!poll || context.tracks.owned.subject(poll.deed) !== poll.about) return [{ kind: 'over' }];
    return [voted(poll.deed, personId, context)];
  }

  #context(guildId: string): TrackRequestContext | undefined {
    return this.#sessions.session(guildId)?.context;
  }

  /** Undefined when the session has ended meanwhile. */
  async #found(
    requester: Requester,
    { sound }: TrackWish,
    signal: AbortSignal,
  ): Promise<FoundSound | undefined> {
    try {
      return await this.#shelf.find(requester, sound, signal);
    } catch (error) {
      if (!signal.aborted) throw error;
      return undefined;
    }
  }

  #lay(
    context: TrackRequestContext,
    caller: TrackCaller,
    { loop, next, percent, track }: TrackWish,
    { source, origin, owner }: Extract<FoundSound, { kind: 'found' }> & Pick<PendingOwner, 'owner'>,
  ): Playing {
    const kept = percent === undefined ? undefined : keptVolume(track, percent, caller, context);
    const added = context.tracks.owned.lay(track, source, { origin, owner }, { loop, next });
    const { title } = source;
    const also = kept && { kept };
    switch (added.kind) {
      case 'playing':
      case 'queued':
        if (percent !== undefined && !kept)
          context.tracks.owned.perform({ kind: 'volume', track, percent });
        this.#shelf.remember(context.channel.guildId, title, origin);
        if (added.kind === 'playing') return { kind: 'playing', title, track, ...also };
        return { kind: 'added', title, track, place: added.place, ...also };
      case 'full':
        return { kind: 'full', track, limit: added.limit };
      case 'too-many-live':
        return { kind: 'bad', reason: { id: 'track.bad.live', with: { limit: added.limit } } };
      case 'too-many':
        return { kind: 'many', limit: added.limit, names: context.tracks.owned.busy };
      case 'bad-name':
        return { kind: 'bad-name' };
      case 'reserved':
        return { kind: 'reserved', track };
      case 'closed':
        return nowhere;
    }
  }
}

/** What is listed of a channel. */
type TrackListContext = {
  readonly tracks: Pick<SessionTracks, 'owned'>;
  readonly volume: Pick<Volumes, 'of'>;
};

/** All tracks of a channel, its own behind those of people. */
function viewsIn({ tracks, volume }: TrackListContext): readonly ListedTrack[] {
  const own = ownTracks.map((name): ListedTrack => {
    return { name, percent: volume.of(name), isPaused: false, waiting: [] };
  });
  return [...tracks.owned.views, ...own];
}

/** Performs a command of somebody who may give it, and puts it to the vote for anybody else. */
function judged(
  deed: TrackCommand,
  caller: TrackCaller,
  context: TrackRequestContext,
): TrackOutcome {
  const owner = context.tracks.owned.ownerBeside(caller.id, deed);
  if (!owner || isDj(caller, context)) return context.tracks.owned.perform(deed);
  return voted(deed, caller.id, context);
}

function voted(deed: TrackCommand, personId: string, context: TrackRequestContext): TrackOutcome {
  const { owned, polls } = context.tracks;
  const here = context.people().filter(({ isBot }) => !isBot);
  const about = owned.subject(deed);
  const count = polls.vote(
    { about, deed },
    personId,
    here.map(({ id }) => id),
  );
  if (count.kind === 'carried') return owned.perform(deed);
  const { id: pollId, votes, needed } = count;
  const owner = owned.ownerBeside(personId, deed)?.name ?? '';
  return { kind: 'denied', track: deed.track, owner, votes, needed, pollId };
}

function isDj({ id, mayManage }: TrackCaller, context: TrackRequestContext): boolean {
  return holds('dj', bearerOf(id, mayManage, context));
}

function keptVolume(
  track: string,
  percent: number,
  caller: TrackCaller,
  context: TrackRequestContext,
): TrackKeeping | undefined {
  const owner = context.tracks.owned.ownerBeside(caller.id, { kind: 'volume', track, percent });
  if (!owner || isDj(caller, context)) return undefined;
  const now = context.tracks.owned.tracks.track(track)?.view.percent ?? 100;
  return now === percent ? undefined : { owner: owner.name, percent: now };
}

function full({ tracks }: TrackRequestContext, track: string): Playing {
  return { kind: 'full', track, limit: tracks.owned.limit };
}
