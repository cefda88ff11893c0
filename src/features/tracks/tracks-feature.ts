import type { GuildId } from '#src/base/ids.ts';
import type { Feature } from '#src/features/contract/feature.ts';
import { SessionObjects } from '#src/features/contract/session-objects.ts';
import type {
  TrackCommand,
  TrackOutcome,
} from '#src/playback/tracks/track-outcomes.ts';
import { trackPart } from '#src/stores/track-store.ts';
import { type RunningTracks, SessionTracks } from './session-tracks.ts';
import { SoundCatalog } from './sound-catalog.ts';
import type {
  ListedTrack,
  PlayOutcome,
  PlayRequest,
  TrackCaller,
} from './track-request-outcomes.ts';
import { changeTrackTool, playSoundTool, volumeTool } from './track-tools.ts';

/** Objects of tracks for tools, commands and programs. */
export type TrackPorts = RunningTracks & {
  readonly tracks: TrackRequests;
};

/**
 * Sounds and music beside the bot's speech.
 *
 * @example
 * import { tracksFeature } from '#src/features/tracks/tracks-feature.ts';
 *
 * tracksFeature.tools?.map(({ name }) => name); // ['play_sound', 'change_track', 'volume']
 */
export const tracksFeature: Feature<TrackPorts> = {
  name: 'tracks',
  tools: [playSoundTool, changeTrackTool, volumeTool],
  open({ sounds, store }) {
    const catalog = new SoundCatalog(sounds.opener, sounds.library);
    const trackStore = store(trackPart);
    return {
      openShard({ deps: shardDeps, sessions }) {
        const running = new SessionObjects<SessionTracks>(sessions);
        const deps = { ...shardDeps, catalog, store: trackStore };
        return {
          ports: {
            tracks: createTrackRequests(running, catalog),
            sessionTracks: running,
          },
          createSession: (session, { former }) =>
            running.add(
              session,
              new SessionTracks(session, deps, former && running.get(former)),
            ),
          person: {
            forgetPerson(guildId, personId, reason) {
              for (const tracks of running.list(guildId)) {
                tracks.withdrawSpeech(personId);
                if (reason === 'forgotten') tracks.forgetPerson(personId);
              }
            },
          },
        };
      },
    };
  },
};

/** Requests for tracks. Callers check that a person sits in the channel of the bot. */
export interface TrackRequests {
  /** Plays a sound, examined for 12 s at most. A second outcome denies its volume. */
  playSound(
    guildId: GuildId,
    caller: TrackCaller,
    request: PlayRequest,
  ): Promise<readonly [PlayOutcome, ...TrackOutcome[]]>;
  /** Performs a command on the track `name`, or on `all` with a sound. */
  changeTracks(
    guildId: GuildId,
    caller: TrackCaller,
    command: TrackCommand,
    name: string,
  ): readonly TrackOutcome[];
  /** Lists tracks with a sound first, and the bot's own last. Undefined without a session. */
  listTracks(guildId: GuildId): readonly ListedTrack[] | undefined;
  /** Lists the names of the sounds on this machine. */
  listSounds(): Promise<readonly string[]>;
}

const nowhereOutcome = { kind: 'nowhere' } as const;

function createTrackRequests(
  running: SessionObjects<SessionTracks>,
  catalog: SoundCatalog,
): TrackRequests {
  // In a move they go on in the next channel, so they are changed all the way.
  const findNewest = (guildId: GuildId) => running.list(guildId).at(-1);
  return {
    playSound: async (guildId, caller, request) =>
      (await running.find(guildId)?.playSound(caller, request)) ?? [nowhereOutcome],
    changeTracks: (guildId, caller, command, name) =>
      findNewest(guildId)?.changeTracks(caller, command, name) ?? [nowhereOutcome],
    listTracks: (guildId) => findNewest(guildId)?.listedTracks,
    listSounds: () => catalog.listNames(),
  };
}
