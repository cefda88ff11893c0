import { realClock } from '#src/base/clock.ts';
import type { StoreCopies } from '#src/people/store-copies.ts';
import type { StoreKind } from '#src/storage/thread/store-kind.ts';
import {
  eraseForgottenFromCopies,
  eraseFromCopies,
  expireCopiedWords,
} from './erase-from-copies.ts';
import { expireForgotten, forgottenDays, noteForgotten } from './forgotten-list.ts';

/** Copies of one `DATA_DIR`, as a worker thread changes them. */
export type CopiesWorker = StoreCopies &
  AsyncDisposable & {
    /** Drops notes of who was forgotten that are older than 30 days and transcripts that an update copied a week ago, and finishes what was begun. Errors: BotError `store.*`. */
    expire(): Promise<void>;
  };

/** Seven copies of transcripts of 200 MB are written anew. */
const forgetMs = 600_000;

export const copiesWorker: StoreKind<CopiesWorker> = {
  operations: {
    forget: { code: 'store.unwritable', timeoutMs: forgetMs },
    expire: { code: 'store.unwritable', timeoutMs: forgetMs },
  },
  alert: 'store-unwritten',
  entry: new URL('./copies-worker.ts', import.meta.url),
};

/** Works on the calling thread, which stands still meanwhile. */
export async function openLocalCopies(dataDir: string): Promise<CopiesWorker> {
  return {
    async forget(guildId, personId) {
      noteForgotten(dataDir, { guildId, personId }, realClock.wallMs());
      await eraseFromCopies(dataDir, { guildId, personId });
      return { kind: 'erased', days: forgottenDays };
    },
    async expire() {
      expireForgotten(dataDir, realClock.wallMs());
      expireCopiedWords(dataDir, realClock.wallMs());
      await eraseForgottenFromCopies(dataDir, realClock.wallMs());
    },
    async [Symbol.asyncDispose]() {
      // Nothing stays open.
    },
  };
}
