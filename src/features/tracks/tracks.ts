import type { Feature } from '#src/features/contract/feature.ts';
import { SessionObjects } from '#src/features/contract/session-objects.ts';
import { changeTrack } from './change-track-tool.ts';
import { playSound } from './play-sound-tool.ts';
import { type RunningTracks, SessionTracks } from './session-tracks.ts';
import { type SoundCatalog, soundCatalog } from './sound-catalog.ts';
import { trackPart } from './track-store.ts';
import { volume } from './volume-tool.ts';

export type TrackPorts = RunningTracks & {
  readonly tracks: TrackRequests;
};

/** Tracks: sounds and music that people play beside the bot's speech. */
export const tracks: Feature<TrackPorts> = {
  name: 'tracks',
  tools: [playSound, changeTrack, volume],
  open({ sounds, store }) {
    const catalog = soundCatalog(sounds.opener, sounds.library);
    const kept = store(trackPart);
    return {
      shard({ parts, sessions }) {
        const running = new SessionObjects<SessionTracks>(sessions);
        const deps = { ...parts, catalog, store: kept };
        return {
          ports: { tracks: requestsTo(running, catalog), sessionTracks: running },
          session: (session, { former }) =>
            running.add(session, new SessionTracks(session, deps, former && running.get(former))),
          person: {
            forgetPerson(guildId, personId, reason) {
              const all = reason === 'forgotten' ? running.list(guildId) : [];
              for (const tracks of all) tracks.forget(personId);
            },
          },
        };
      },
    };
  },
};

/** Track requests of the servers of a shard. */
export type TrackRequests = ReturnType<typeof requestsTo>;

const nowhere = { kind: 'nowhere' } as const;

/** Track requests by server, for callers who check that a person sits in the channel of the bot. */
function requestsTo(running: SessionObjects<SessionTracks>, catalog: SoundCatalog) {
  // In a move they go on in the next channel, so they are changed all the way.
  const newest = (guildId: GuildId) => running.list(guildId).at(-1);
  return {
    play: async (guildId: GuildId, ...request: Parameters<SessionTracks['play']>) =>
      (await running.find(guildId)?.play(...request)) ?? ([nowhere] as const),
    change: (guildId: GuildId, ...change: Parameters<SessionTracks['change']>) =>
      newest(guildId)?.change(...change) ?? [nowhere],
    list: (guildId: GuildId) => newest(guildId)?.views,
    sounds: () => catalog.names(),
  };
}
