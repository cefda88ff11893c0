import type { Store } from '#src/storage/stores/store-parts.ts';
import type { StoreTrouble } from '#test/fakes/memory-stores.ts';

export type OpenedStore = Store & {
  /** Makes every seat older by so many ms, by the clock of the store. */
  pass(ms: number): Promise<void>;
};

/** Opens an empty store; one in trouble cannot be read, or takes nothing more. */
export type OpenStore = (trouble?: StoreTrouble) => Promise<OpenedStore>;
