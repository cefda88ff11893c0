import { serveStore } from '#src/storage/thread/serve-store.ts';
import { openLocalTranscripts } from './local-transcripts.ts';

await serveStore(openLocalTranscripts);
