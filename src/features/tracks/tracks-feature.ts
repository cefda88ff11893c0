import type { GuildId, PersonId } from '#src/base/ids.ts';
import type { Feature } from '#src/features/contract/feature.ts';
import type {
  TrackCommand,
  TrackOutcome,
} from '#src/playback/tracks/track-outcomes.ts';
import { SessionObjects } from '#src/ports/feature-session.ts';
import type { SoundFile } from '#src/sources/recordings.ts';
import { soundPart } from '#src/stores/sound-store.ts';
import { trackPart } from '#src/stores/track-store.ts';
import {
  type AddSoundOutcome,
  type RemoveSoundOutcome,
  ServerSounds,
} from './server-sounds.ts';
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
    const [soundStore, trackStore] = [store(soundPart), store(trackPart)];
    return {
      openShard({ deps: shardDeps, sessions, signal }) {
        const { clock, onEvent, places } = shardDeps;
        const watch = { clock, onEvent };
        const serverSounds = new ServerSounds({
          ...{ ...sounds, ...watch, places, signal },
          store: soundStore,
        });
        const catalog = new SoundCatalog(sounds.opener, serverSounds);
        const running = new SessionObjects<SessionTracks>(sessions);
        const deps = { ...shardDeps, catalog, store: trackStore };
        return {
          ports: {
            tracks: createTrackRequests(running, serverSounds),
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
  /** Lists the names of the sounds that the server may play. */
  listSounds(guildId: GuildId): Promise<readonly string[]>;
  /** Lists the names of the sounds that members added to the server. */
  listAddedSounds(guildId: GuildId): Promise<readonly string[]>;
  /** Adds a sound to the server. The caller has checked the right. */
  addSound(
    guildId: GuildId,
    personId: PersonId,
    file: SoundFile,
    name: string,
  ): Promise<AddSoundOutcome>;
  /** Removes a sound that the person has added, or anybody's for somebody who manages the server. */
  removeSound(
    guildId: GuildId,
    caller: TrackCaller,
    name: string,
  ): Promise<RemoveSoundOutcome>;
}

const nowhereOutcome = { kind: 'nowhere' } as const;

function createTrackRequests(
  running: SessionObjects<SessionTracks>,
  serverSounds: ServerSounds,
): TrackRequests {
  // In a move they go on in the next channel, so they are changed all the way.
  const findNewest = (guildId: GuildId) => running.list(guildId).at(-1);
  return {
    playSound: async (guildId, caller, request) =>
      (await running.find(guildId)?.playSound(caller, request)) ?? [nowhereOutcome],
    changeTracks: (guildId, caller, command, name) =>
      findNewest(guildId)?.changeTracks(caller, command, name) ?? [nowhereOutcome],
    listTracks: (guildId) => findNewest(guildId)?.listedTracks,
    listSounds: (guildId) => serverSounds.listNames(guildId),
    listAddedSounds: (guildId) => serverSounds.listAddedNames(guildId),
    addSound: (guildId, personId, file, name) =>
      serverSounds.addSound(guildId, personId, file, name),
    removeSound: (guildId, caller, name) =>
      serverSounds.removeSound(guildId, caller, name),
  };
}
