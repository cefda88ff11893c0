import type { Feature } from '#src/features/contract/feature.ts';
import type { VoiceSessions } from '#src/sessions/voice-sessions.ts';
import { changeTrack } from './change-track-tool.ts';
import { playSound } from './play-sound-tool.ts';
import { SessionTracks } from './session-tracks.ts';
import { type SoundCatalog, soundCatalog } from './sound-catalog.ts';
import { trackPart } from './track-store.ts';
import { volume } from './volume-tool.ts';

declare module '#src/ports/feature-ports.ts' {
  interface FeaturePorts {
    readonly sounds: SoundCatalog;
    readonly tracks: TrackRequests;
  }
  interface SessionParts {
    readonly tracks: SessionTracks;
  }
}

/** Tracks: sounds and music that people play beside the bot's speech. */
export const tracks: Feature = {
  name: 'tracks',
  tools: [playSound, changeTrack, volume],
  open({ sounds, store }) {
    const catalog = soundCatalog(sounds.opener, sounds.library);
    const kept = store(trackPart);
    return {
      shard: ({ sessions }) => ({
        ports: { sounds: catalog, tracks: requestsTo(sessions, catalog) },
        session: (context, { former }) => new SessionTracks(context, kept, former?.sessions.tracks),
        person: {
          forget(guildId, personId) {
            for (const { context } of sessions.sessions(guildId))
              context.features.sessions.tracks.forget(personId);
          },
        },
      }),
    };
  },
};

/** Track requests of the servers of a shard. */
export type TrackRequests = ReturnType<typeof requestsTo>;

const nowhere = { kind: 'nowhere' } as const;

/** Track requests by server, for callers who check that a person sits in the channel of the bot. */
function requestsTo(sessions: VoiceSessions, catalog: SoundCatalog) {
  const tracksIn = (guildId: string) => sessions.session(guildId)?.context.features.sessions.tracks;
  return {
    play: async (guildId: string, ...request: Parameters<SessionTracks['play']>) =>
      (await tracksIn(guildId)?.play(...request)) ?? ([nowhere] as const),
    change: (guildId: string, ...change: Parameters<SessionTracks['change']>) =>
      tracksIn(guildId)?.change(...change) ?? [nowhere],
    list: (guildId: string) => tracksIn(guildId)?.views,
    sounds: () => catalog.names(),
  };
}
