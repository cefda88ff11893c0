import { openLocalStore } from '#src/storage/local-store.ts';
import { serveStore } from './serve-store.ts';

await serveStore(openLocalStore);
