import { BotError } from '#src/base/errors.ts';

/** Trouble of a store: it refuses writes, or reads as well. */
export type StoreTrouble = 'unreadable' | 'unwritable';

export function checkReadable(trouble: StoreTrouble | undefined): void {
  if (trouble !== 'unreadable') return;
  throw new BotError('store.unreadable', false, 'The store is damaged: restore a backup.');
}

export function checkWritable(trouble: StoreTrouble | undefined): void {
  if (!trouble) return;
  throw new BotError('store.unwritable', true, 'There is no room left: free space on the disk.');
}
