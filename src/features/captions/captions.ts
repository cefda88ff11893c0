import {
  allStores,
  TranscriptStores,
} from '#src/features/captions/transcripts/disk-and-memory-stores.ts';
import { EndOfSessionRecaps } from '#src/features/captions/transcripts/end-of-session-recaps.ts';
import { findInCaptions } from '#src/features/captions/transcripts/find-in-captions-tool.ts';
import {
  captionsUnerased,
  TranscriptCleanup,
} from '#src/features/captions/transcripts/transcript-cleanup.ts';
import { TranscriptLookup } from '#src/features/captions/transcripts/transcript-lookup.ts';
import { TranscriptPersonHooks } from '#src/features/captions/transcripts/transcript-person-hooks.ts';
import { TranscriptRequests } from '#src/features/captions/transcripts/transcript-requests.ts';
import type { Feature } from '#src/features/contract/feature.ts';
import { CaptionRequests } from './caption-requests.ts';
import { captionSettings } from './caption-settings.ts';
import { leaveMeOut, setCaptions } from './caption-tools.ts';
import { captioned, SessionCaptions } from './session-captions.ts';

declare module '#src/ports/feature-ports.ts' {
  interface FeaturePorts {
    readonly transcriptStores: TranscriptStores;
    readonly transcriptCleanup: TranscriptCleanup;
    readonly transcripts: TranscriptRequests;
    readonly captions: CaptionRequests;
  }
  interface SessionParts {
    readonly captions: SessionCaptions;
  }
}

/** Captions: what people say, written in a chat as they say it. */
export const captions: Feature = {
  name: 'captions',
  tools: [findInCaptions, setCaptions, leaveMeOut],
  settings: captionSettings,
  events: [captioned],
  alerts: [captionsUnerased],
  open({ store }) {
    const stores = store(TranscriptStores.key);
    return {
      shard({ parts: engine, sessions, shard, signal, writtenQuestions }) {
        const parts = { ...engine, transcripts: stores };
        const cleanup = new TranscriptCleanup({ parts, sessions, shard });
        const lookup = new TranscriptLookup(parts, sessions);
        const transcripts = new TranscriptRequests(parts, lookup, sessions, writtenQuestions);
        const recaps = new EndOfSessionRecaps(transcripts);
        return {
          ports: {
            transcriptStores: stores,
            transcriptCleanup: cleanup,
            transcripts,
            captions: new CaptionRequests(parts, sessions),
          },
          session: (context, { isReturned }) => new SessionCaptions(context, isReturned, recaps),
          run: () => cleanup.run(signal),
          async eraseServer(guildId) {
            const erasing = allStores(stores).map((one) => one.eraser.forgetGuild(guildId));
            return (await Promise.all(erasing)).reduce((sum, count) => sum + count, 0);
          },
          drain: (ms) => recaps.drain(ms, parts.clock),
          person: new TranscriptPersonHooks(parts, sessions, cleanup),
        };
      },
    };
  },
};
