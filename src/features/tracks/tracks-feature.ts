import type { GuildId } from '#src/base/ids.ts';
import type { Feature } from '#src/features/contract/feature.ts';
import { SessionObjects } from '#src/features/contract/session-objects.ts';
import { type RunningTracks, SessionTracks } from './session-tracks.ts';
import { createSoundCatalog, type SoundCatalog } from './sound-catalog.ts';
import { trackPart } from './track-store.ts';
import { changeTrackTool, playSoundTool, volumeTool } from './track-tools.ts';

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
    const catalog = createSoundCatalog(sounds.opener, sounds.library);
    const kept = store(trackPart);
    return {
      openShard({ deps: shardDeps, sessions }) {
        const running = new SessionObjects<SessionTracks>(sessions);
        const deps = { ...shardDeps, catalog, store: kept };
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
              const all = reason === 'forgotten' ? running.list(guildId) : [];
              for (const tracks of all) tracks.forgetPerson(personId);
            },
          },
        };
      },
    };
  },
};

export type TrackRequests = ReturnType<typeof createTrackRequests>;

const nowhereOutcome = { kind: 'nowhere' } as const;

/**
 * Creates requests for tracks. Callers check that a person sits in the channel of the
 * bot.
 */
function createTrackRequests(
  running: SessionObjects<SessionTracks>,
  catalog: SoundCatalog,
) {
  // In a move they go on in the next channel, so they are changed all the way.
  const findNewest = (guildId: GuildId) => running.list(guildId).at(-1);
  return {
    playSound: async (
      guildId: GuildId,
      ...request: Parameters<SessionTracks['playSound']>
    ) =>
      (await running.find(guildId)?.playSound(...request)) ??
      ([nowhereOutcome] as const),
    change: (guildId: GuildId, ...change: Parameters<SessionTracks['changeTracks']>) =>
      findNewest(guildId)?.changeTracks(...change) ?? [nowhereOutcome],
    listTracks: (guildId: GuildId) => findNewest(guildId)?.listedTracks,
    listSounds: () => catalog.names(),
  };
}
