import { booksPart } from '#src/storage/postgres/books/schema.ts';
import { storePath } from '#src/storage/store.ts';
import type { CopiedPart } from './copied-part.ts';

/** The store of consents, settings, panels, tracks, seats and sums. */
export const copiedBooks: CopiedPart = {
  name: 'store',
  file: storePath,
  schema: booksPart,
  forms: {
    'seats.alive_ms': {
      name: 'alive_at',
      read: 'extract(epoch FROM alive_at)::double precision * 1000',
      write: (wallMs) => new Date(Number(wallMs)).toISOString(),
    },
  },
};
