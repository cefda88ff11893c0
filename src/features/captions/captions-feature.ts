import { TranscriptCleanup } from '#src/features/captions/transcripts/transcript-cleanup.ts';
import { TranscriptRequests } from '#src/features/captions/transcripts/transcript-requests.ts';
import type { Feature } from '#src/features/contract/feature.ts';
import { SessionObjects } from '#src/features/contract/session-objects.ts';
import { type CaptionRequests, createCaptionRequests } from './caption-requests.ts';
import { captionSettings } from './caption-settings.ts';
import { findInCaptionsTool, leaveMeOutTool, setCaptionsTool } from './caption-tools.ts';
import { SessionCaptions } from './session-captions.ts';
import { TranscriptStores } from './store/transcript-stores.ts';
import type { TranscriptSession } from './transcript-line.ts';

export type CaptionPorts = {
  readonly transcriptCleanup: TranscriptCleanup;
  readonly transcripts: TranscriptRequests;
  readonly captions: CaptionRequests;
  readonly sessionCaptions: SessionObjects<SessionCaptions>;
};

/**
 * Speech written in a chat while people speak.
 *
 * @example
 * import { captionsFeature } from '#src/features/captions/captions-feature.ts';
 *
 * captionsFeature.tools?.map(({ name }) => name); // ['find_in_captions', 'captions', 'leave_me_out']
 */
export const captionsFeature: Feature<CaptionPorts> = {
  name: 'captions',
  tools: [findInCaptionsTool, setCaptionsTool, leaveMeOutTool],
  settings: captionSettings,
  open({ store }) {
    const stores = store(TranscriptStores.key);
    return {
      openShard({ deps: engine, sessions, shard, signal, writtenQuestions }) {
        const parts = { ...engine, transcripts: stores };
        const running = new SessionObjects<SessionCaptions>(sessions);
        const cleanup = new TranscriptCleanup(parts, sessions, running, shard);
        const transcripts = new TranscriptRequests(parts, sessions, running, writtenQuestions);
        const postRecap = (session: TranscriptSession) => void transcripts.postRecap(session);
        const deps = { ...parts, settings: sessions.settings, postRecap };
        return {
          ports: {
            transcriptCleanup: cleanup,
            transcripts,
            captions: createCaptionRequests(sessions, running),
            sessionCaptions: running,
          },
          createSession: (session, { isReturned }) =>
            running.add(session, new SessionCaptions(session, deps, isReturned)),
          run: () => cleanup.runUntilAborted(signal),
          eraseServer: (guildId) => stores.sumBoth(({ eraser }) => eraser.eraseGuild(guildId)),
          person: cleanup,
        };
      },
    };
  },
};
