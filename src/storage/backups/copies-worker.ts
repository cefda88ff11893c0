import { serveStore } from '#src/storage/thread/serve-store.ts';
import { openLocalCopies } from './copies-kind.ts';

await serveStore(openLocalCopies);
