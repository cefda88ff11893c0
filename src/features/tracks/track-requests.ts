import type { VoiceSession } from '#src/sessions/voice-session.ts';
import type { SessionTracks } from './session-tracks.ts';
import type { SoundCatalog } from './sound-catalog.ts';
import { everyTrack, trackNameOf } from './track-names.ts';
import {
  type ListedTrack,
  type Playing,
  type PlayRequest,
  type TrackCaller,
  type TrackChange,
  type TrackOutcome,
  trackActions,
} from './track-outcomes.ts';

/** The sessions of all servers. */
type TrackSessions = { session(guildId: string): VoiceSession | undefined };

const nowhere = { kind: 'nowhere' } as const;

/** Track requests in the channels where the bot sits. The caller of a method checks who sits in the channel. */
export class TrackRequests {
  readonly #sessions: TrackSessions;
  readonly #catalog: SoundCatalog;
  readonly #signal: AbortSignal;

  /** Aborting `signal` ends what is being fetched. */
  constructor(catalog: SoundCatalog, sessions: TrackSessions, signal: AbortSignal) {
    this.#catalog = catalog;
    this.#sessions = sessions;
    this.#signal = signal;
  }

  /** Answers once the sound was examined, at most 12 s later. */
  async play(guildId: string, caller: TrackCaller, request: PlayRequest): Promise<Playing> {
    const session = this.#sessions.session(guildId);
    if (!session) return nowhere;
    const { context } = session;
    const before = context.features.sessions.tracks;
    const refused = before.tracks.refusal(request.track);
    if (refused) return refused;
    if (context.talk.state.isMuted) return { kind: 'muted' };
    const owner = before.owner(caller);
    const { signal: own = context.signal } = request;
    const signal = AbortSignal.any([this.#signal, context.signal, own]);
    const found = await this.#catalog.find(guildId, request, signal).catch((error: unknown) => {
      if (!signal.aborted) throw error;
    });
    const tracks = this.#tracks(guildId);
    if (!found || !tracks) return nowhere; // the session has ended meanwhile
    if (found.kind !== 'found') return found;
    const { source, origin } = found;
    return tracks.place(caller, request, { source, origin, owner });
  }

  /**
   * One outcome per track, and at least one. `all` is every track that holds something, for a change that needs no more than
   * its track.
   */
  change(
    guildId: string,
    caller: TrackCaller,
    change: TrackChange,
    typed: string,
  ): readonly TrackOutcome[] {
    const session = this.#sessions.session(guildId);
    if (!session) return [nowhere];
    const { tracks } = session.context.features.sessions;
    const track = tracks.shownName(trackNameOf(typed) ?? typed);
    if (track === everyTrack && trackActions.some((action) => action === change.kind)) {
      const all = tracks.busy.flatMap((one) => this.change(guildId, caller, change, one));
      return all.length > 0 ? all : [{ kind: 'empty', track }];
    }
    if (change.kind !== 'remove') return [tracks.request(caller, track, change)];
    const removal = tracks.removal(track, change.item);
    if (removal) return [tracks.request(caller, track, removal)];
    return [{ kind: 'no-item', track, item: change.item }];
  }

  /** Tracks that hold something, the one people mean first, then `voice` and `cues`; undefined without a session. */
  list(guildId: string): readonly ListedTrack[] | undefined {
    return this.#tracks(guildId)?.views;
  }

  /** Names of the library. */
  sounds(): Promise<readonly string[]> {
    return this.#catalog.names();
  }

  #tracks(guildId: string): SessionTracks | undefined {
    return this.#sessions.session(guildId)?.context.features.sessions.tracks;
  }
}
