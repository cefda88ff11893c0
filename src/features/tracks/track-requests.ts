import type { VoiceSession } from '#src/sessions/voice-session.ts';
import type { SessionTracks } from './session-tracks.ts';
import type { SoundCatalog } from './sound-catalog.ts';
import { everyTrack, isOwnTrack, ownItems, trackNameOf, voiceTrack } from './track-names.ts';
import type {
  ListedTrack,
  Playing,
  PlayRequest,
  TrackAction,
  TrackCaller,
  TrackOutcome,
  TrackSetting,
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
    const owner = before.owners.owner(caller);
    const signal = AbortSignal.any([this.#signal, context.signal]);
    const found = await this.#catalog
      .find(guildId, request.sound, signal)
      .catch((error: unknown) => {
        if (!signal.aborted) throw error;
      });
    const tracks = this.#tracks(guildId);
    if (!found || !tracks) return nowhere; // the session has ended meanwhile
    if (found.kind === 'bad') return found;
    if (found.kind !== 'found') return { ...found, sound: `${request.sound}` };
    const { source, origin } = found;
    const playing = tracks.place(caller, request, { source, origin, owner });
    if ('title' in playing) this.#catalog.remember(guildId, source.title, origin);
    return playing;
  }

  /** `all` is every track that holds something. One outcome per track, and at least one. */
  steer(
    guildId: string,
    caller: TrackCaller,
    kind: TrackAction,
    typed: string,
  ): readonly TrackOutcome[] {
    const tracks = this.#tracks(guildId);
    if (!tracks) return [nowhere];
    const track = trackMeant(typed, tracks);
    if (track === everyTrack) {
      const all = tracks.busy.map((one) => tracks.request(caller, one, { kind }));
      return all.length > 0 ? all : [{ kind: 'silent' }];
    }
    if (isOwnTrack(track) && track !== voiceTrack) return [{ kind: 'reserved', track }];
    // Speech can be skipped and stopped; it is neither paused nor muted.
    if (track === voiceTrack && kind !== 'skip' && kind !== 'stop')
      return [{ kind: 'reserved', track }];
    return [tracks.request(caller, track, { kind })];
  }

  change(guildId: string, caller: TrackCaller, setting: TrackSetting, typed: string): TrackOutcome {
    const session = this.#sessions.session(guildId);
    if (!session) return nowhere;
    const { features, mix } = session.context;
    const tracks = features.sessions.tracks;
    const track = trackMeant(typed, tracks);
    if (setting.kind === 'remove') {
      const { item } = setting;
      if (track === voiceTrack && item.trim().toLowerCase() === ownItems)
        return tracks.removeOwnSpeech(caller.id);
      const removal = tracks.removal(track, item);
      return removal ? tracks.request(caller, track, removal) : { kind: 'no-item', track, item };
    }
    if (!isOwnTrack(track)) return tracks.request(caller, track, setting);
    // The bot's own tracks can be made louder, and nothing else.
    if (setting.kind !== 'volume') return { kind: 'reserved', track };
    mix.volume.set(track, setting.percent);
    return { ...setting, track };
  }

  /** Tracks that hold something, the one people mean first, then `voice` and `cues`; undefined without a session. */
  list(guildId: string): readonly ListedTrack[] | undefined {
    return this.#tracks(guildId)?.views;
  }

  /** Names that `play` accepts: the whole library, then recently played sounds, newest first. */
  async sounds(guildId: string): Promise<readonly string[]> {
    return await this.#catalog.names(guildId);
  }

  /** As `SessionTracks.vote`. */
  vote(guildId: string, personId: string, pollId: string): readonly TrackOutcome[] {
    return [this.#tracks(guildId)?.vote(personId, pollId) ?? nowhere];
  }

  #tracks(guildId: string): SessionTracks | undefined {
    return this.#sessions.session(guildId)?.context.features.sessions.tracks;
  }
}

/** A track as it is shown, in whatever case it was typed; as it was typed where there is none. */
function trackMeant(typed: string, tracks: SessionTracks): string {
  return tracks.shownName(trackNameOf(typed) ?? typed);
}
