import type { Feature } from '#src/features/contract/feature.ts';
import { changeTrack } from './change-track-tool.ts';
import { playSound } from './play-sound-tool.ts';
import { SessionTracks } from './session-tracks.ts';
import { SoundCatalog } from './sound-catalog.ts';
import { TrackRequests } from './track-requests.ts';
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
    const catalog = new SoundCatalog(sounds.opener, sounds.library);
    const kept = store(trackPart);
    return {
      shard: ({ sessions, signal }) => ({
        ports: { sounds: catalog, tracks: new TrackRequests(catalog, sessions, signal) },
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
