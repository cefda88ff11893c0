import type { Store } from '#src/stores/store-parts.ts';

export type OpenedStore = Store & {
  /** Makes every seat older by so many ms, by the clock of the store. */
  pass(ms: number): Promise<void>;
};

/** Opens an empty store. */
export type OpenStore = () => Promise<OpenedStore>;
