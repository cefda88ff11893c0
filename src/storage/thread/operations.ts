import { type OperationRules, type StorePart, writes } from '#src/sql/store-part.ts';
import type { Store } from '#src/storage/store.ts';
import { storeParts } from '#src/storage/stores/store-parts.ts';
import type { StoreKind } from './store-kind.ts';

const ofParts = Object.entries<StorePart<unknown>>(storeParts).flatMap(([part, { operations }]) =>
  Object.entries<OperationRules>(operations).map(([name, rules]) => [`${part}.${name}`, rules]),
);

/** The store of consents, settings, panels, tracks and sums. */
export const mainStore: StoreKind<Store> = {
  operations: { ...Object.fromEntries(ofParts), probe: writes },
  alert: 'store-unwritten',
  entry: new URL('./store-worker.ts', import.meta.url),
};
