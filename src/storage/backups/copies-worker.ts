import { serveStore } from '#src/storage/thread/serve-store.ts';
import { openLocalCopies } from './copies-eraser.ts';

await serveStore(openLocalCopies);
