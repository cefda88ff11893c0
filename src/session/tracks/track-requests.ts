import { holds } from '#src/people/rights.ts';
import type { SessionContext } from '#src/session/context.ts';
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
import { bearerOf } from '#src/session/tools/current-rights.ts';
import type { VoiceSessions } from '#src/session/voice-sessions.ts';
import type { Requester } from '#src/sources/fetch/ports.ts';
import type { PendingOwner, TrackCommand } from './owned-tracks.ts';
import type { FoundSound, SoundCatalog } from './sound-catalog.ts';
import { everyTrack, isOwnTrack, ownTracks, trackNameOf } from './track-names.ts';

const nowhere = { kind: 'nowhere' } as const;

/** What people do with tracks in the rooms the bot sits in: they may change their own sounds, a DJ all, the others vote. */
export class TrackRequests implements Tracks, TrackVotes {
  readonly #rooms: Pick<VoiceSessions, 'stay'>;
  readonly #shelf: SoundCatalog;
  readonly #signal: AbortSignal;

  /** Aborting `signal` ends what is being fetched. */
  constructor(shelf: SoundCatalog, rooms: Pick<VoiceSessions, 'stay'>, signal: AbortSignal) {
    this.#shelf = shelf;
    this.#rooms = rooms;
    this.#signal = signal;
  }

  async play(guildId: string, caller: TrackCaller, wish: TrackWish): Promise<Playing> {
    const before = this.#room(guildId);
    if (!before) return nowhere;
    const track = trackNameOf(wish.track);
    if (track === undefined) return { kind: 'bad-name' };
    if (isOwnTrack(track) || track === everyTrack) return { kind: 'reserved', track };
    if (this.#rooms.stay(guildId)?.hindrances.isMute) return { kind: 'muted' };
    if (before.tracks.deck.isFull(track)) return full(before, track);
    const signal = AbortSignal.any([this.#signal, before.signal]);
    using pending = before.tracks.deck.pendingOwner({ id: caller.id, name: caller.name });
    const found = await this.#found({ guildId, personId: caller.id }, wish, signal);
    const room = this.#room(guildId);
    if (!found || !room) return nowhere;
    if (found.kind === 'no-sound') return { ...found, sound: `${wish.sound}` };
    if (found.kind === 'bad') return found;
    return this.#lay(room, caller, { ...wish, track }, { ...found, owner: pending.owner });
  }

  steer(
    guildId: string,
    caller: TrackCaller,
    kind: TrackAction,
    typed: string,
  ): readonly TrackOutcome[] {
    const room = this.#room(guildId);
    if (!room) return [nowhere];
    const track = trackNameOf(typed) ?? typed;
    if (isOwnTrack(track)) return [{ kind: 'reserved', track }];
    if (track !== everyTrack) return [judged({ kind, track }, caller, room)];
    const { busy } = room.tracks.deck;
    if (busy.length === 0) return [{ kind: 'silent' }];
    return busy.map((one) => judged({ kind, track: one }, caller, room));
  }

  volume(guildId: string, caller: TrackCaller, typed: string, percent: number): TrackOutcome {
    const room = this.#room(guildId);
    if (!room) return nowhere;
    const track = trackNameOf(typed) ?? typed;
    if (!isOwnTrack(track)) return judged({ kind: 'volume', track, percent }, caller, room);
    room.volume.set(track, percent);
    return { kind: 'volume', track, percent };
  }

  list(guildId: string): readonly ListedTrack[] | undefined {
    const room = this.#room(guildId);
    return room && viewsIn(room);
  }

  async sounds(guildId: string): Promise<readonly string[]> {
    return await this.#shelf.names(guildId);
  }

  vote(guildId: string, personId: string, pollId: string): readonly TrackOutcome[] {
    const room = this.#room(guildId);
    if (!room) return [nowhere];
    const poll = room.tracks.polls.find(pollId);
    if (!poll || room.tracks.deck.subject(poll.deed) !== poll.about) return [{ kind: 'over' }];
    return [voted(poll.deed, personId, room)];
  }

  #room(guildId: string): SessionContext | undefined {
    return this.#rooms.stay(guildId)?.context;
  }

  /** Undefined when the stay has ended meanwhile. */
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
    room: SessionContext,
    caller: TrackCaller,
    { loop, next, percent, track }: TrackWish,
    { source, origin, owner }: Extract<FoundSound, { kind: 'found' }> & Pick<PendingOwner, 'owner'>,
  ): Playing {
    const kept = percent === undefined ? undefined : keptVolume(track, percent, caller, room);
    const added = room.tracks.deck.lay(track, source, { origin, owner }, { loop, next });
    const { title } = source;
    const also = kept && { kept };
    switch (added.kind) {
      case 'playing':
      case 'queued':
        if (percent !== undefined && !kept)
          room.tracks.deck.perform({ kind: 'volume', track, percent });
        this.#shelf.remember(room.channel.guildId, title, origin);
        if (added.kind === 'playing') return { kind: 'playing', title, track, ...also };
        return { kind: 'added', title, track, place: added.place, ...also };
      case 'full':
        return { kind: 'full', track, limit: added.limit };
      case 'too-many-live':
        return { kind: 'bad', reason: { id: 'track.bad.live', with: { limit: added.limit } } };
      case 'too-many':
        return { kind: 'many', limit: added.limit, names: room.tracks.deck.busy };
      case 'bad-name':
        return { kind: 'bad-name' };
      case 'reserved':
        return { kind: 'reserved', track };
      case 'closed':
        return nowhere;
    }
  }
}

/** All tracks of a room, its own behind those of people. */
export function viewsIn({
  tracks,
  volume,
}: Pick<SessionContext, 'tracks' | 'volume'>): readonly ListedTrack[] {
  const own = ownTracks.map((name): ListedTrack => {
    return { name, percent: volume.of(name), isPaused: false, waiting: [] };
  });
  return [...tracks.deck.views, ...own];
}

/** Done by whoever may, and put to the vote by anybody else. */
function judged(deed: TrackCommand, caller: TrackCaller, room: SessionContext): TrackOutcome {
  const owner = room.tracks.deck.ownerBeside(caller.id, deed);
  if (!owner || isDj(caller, room)) return room.tracks.deck.perform(deed);
  return voted(deed, caller.id, room);
}

function voted(deed: TrackCommand, personId: string, room: SessionContext): TrackOutcome {
  const { deck, polls } = room.tracks;
  const here = room.people().filter(({ isBot }) => !isBot);
  const about = deck.subject(deed);
  const count = polls.vote(
    { about, deed },
    personId,
    here.map(({ id }) => id),
  );
  if (count.kind === 'carried') return deck.perform(deed);
  const { id: pollId, votes, needed } = count;
  const owner = deck.ownerBeside(personId, deed)?.name ?? '';
  return { kind: 'denied', track: deed.track, owner, votes, needed, pollId };
}

function isDj({ id, mayManage }: TrackCaller, room: SessionContext): boolean {
  return holds('dj', bearerOf(id, mayManage, room));
}

function keptVolume(
  track: string,
  percent: number,
  caller: TrackCaller,
  room: SessionContext,
): TrackKeeping | undefined {
  const owner = room.tracks.deck.ownerBeside(caller.id, { kind: 'volume', track, percent });
  if (!owner || isDj(caller, room)) return undefined;
  const now = room.tracks.deck.tracks.track(track)?.view.percent ?? 100;
  return now === percent ? undefined : { owner: owner.name, percent: now };
}

function full({ tracks }: SessionContext, track: string): Playing {
  return { kind: 'full', track, limit: tracks.deck.limit };
}
