import { eraseMs } from '#src/storage/sql/store-database.ts';
import type { Store } from '#src/storage/store.ts';
import type { StoreKind } from './store-kind.ts';

const usualMs = 10_000;
const read = { code: 'store.unreadable', timeoutMs: usualMs } as const;
const write = { code: 'store.unwritable', timeoutMs: usualMs } as const;

/** The store of consents, settings, panels, tracks and sums. */
export const mainStore: StoreKind<Store> = {
  operations: {
    'apiTokens.add': write,
    'apiTokens.find': read,
    'apiTokens.list': read,
    'apiTokens.revoke': write,
    'captionChoices.readLeftOut': read,
    'captionChoices.leaveOut': write,
    'consents.read': read,
    'consents.write': write,
    'consents.count': read,
    'consents.rowsAbout': read,
    'consents.erase': { ...write, timeoutMs: eraseMs },
    'guilds.erase': { ...write, timeoutMs: eraseMs },
    'guilds.note': write,
    'guilds.noted': read,
    'panels.read': read,
    'panels.write': write,
    'personSettings.read': read,
    'personSettings.write': write,
    'reminders.add': write,
    'reminders.list': read,
    'reminders.soonest': read,
    'reminders.remove': write,
    'reminders.withdraw': { ...write, timeoutMs: eraseMs },
    'seats.read': read,
    'seats.readIn': read,
    'seats.write': write,
    'seats.alive': write,
    'seats.erase': write,
    'seats.withdraw': write,
    'seats.expire': write,
    'settings.read': read,
    'settings.write': write,
    'spending.read': read,
    'spending.add': write,
    'tracks.read': read,
    'tracks.write': write,
    probe: write,
  },
  alert: 'store-unwritten',
  entry: new URL('./store-worker.ts', import.meta.url),
};
