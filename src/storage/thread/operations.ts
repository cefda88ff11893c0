import type { ConsentStore } from '#src/people/consent-book.ts';
import type { GuildStore } from '#src/session/ports/guild-store.ts';
import type { PanelStore } from '#src/session/ports/panel.ts';
import type { SettingsStore } from '#src/session/ports/settings-store.ts';
import type { TrackStore } from '#src/session/ports/track-store.ts';
import type { SpendingStore } from '#src/spending/book.ts';
import type { Store } from '#src/storage/store.ts';
import type { StoreCode } from '#src/storage/trouble.ts';

/** Each operation of a store by its name: arguments and results are data, so that they can cross threads. */
type Signatures = {
  'consents.read': ConsentStore['read'];
  'consents.write': ConsentStore['write'];
  'consents.count': ConsentStore['count'];
  'consents.erase': ConsentStore['erase'];
  'consents.hasCopies': ConsentStore['hasCopies'];
  'guilds.erase': GuildStore['erase'];
  'guilds.note': GuildStore['note'];
  'guilds.noted': GuildStore['noted'];
  'panels.read': PanelStore['read'];
  'panels.write': PanelStore['write'];
  'settings.read': SettingsStore['read'];
  'settings.write': SettingsStore['write'];
  'spending.read': SpendingStore['read'];
  'spending.add': SpendingStore['add'];
  'tracks.read': TrackStore['read'];
  'tracks.write': TrackStore['write'];
  backup: Store['backup'];
  probe: Store['probe'];
};

export type OperationName = keyof Signatures;
export type Arguments<Name extends OperationName> = Parameters<Signatures[Name]>;
export type OperationResult<Name extends OperationName> = Promise<
  Awaited<ReturnType<Signatures[Name]>>
>;

/** Performs a store operation: on this thread, on another, or on the store that is open now. */
export type StoreCall = <Name extends OperationName>(
  name: Name,
  ...args: Arguments<Name>
) => OperationResult<Name>;

type Operation<Name extends OperationName> = {
  /** Of its failures. */
  readonly code: StoreCode;
  /** Longest time, in ms, until it is answered; a caller may give up earlier. */
  readonly timeoutMs: number;
  perform(store: Store, ...args: Arguments<Name>): OperationResult<Name>;
};

const usualMs = 10_000;
/** Erasing waits for readers and rewrites pages; its caller waits for 45 s. */
const eraseMs = 40_000;
const backupMs = 60_000;
const read = { code: 'store.unreadable', timeoutMs: usualMs } as const;
const write = { code: 'store.unwritable', timeoutMs: usualMs } as const;

const operations: { readonly [Name in OperationName]: Operation<Name> } = {
  'consents.read': { ...read, perform: ({ consents }, ...args) => consents.read(...args) },
  'consents.write': { ...write, perform: ({ consents }, ...args) => consents.write(...args) },
  'consents.count': { ...read, perform: ({ consents }, ...args) => consents.count(...args) },
  'consents.erase': {
    ...write,
    timeoutMs: eraseMs,
    perform: ({ consents }, ...args) => consents.erase(...args),
  },
  'consents.hasCopies': { ...read, perform: ({ consents }) => consents.hasCopies() },
  'guilds.erase': {
    ...write,
    timeoutMs: eraseMs,
    perform: ({ guilds }, ...args) => guilds.erase(...args),
  },
  'guilds.note': { ...write, perform: ({ guilds }, ...args) => guilds.note(...args) },
  'guilds.noted': { ...read, perform: ({ guilds }, ...args) => guilds.noted(...args) },
  'panels.read': { ...read, perform: ({ panels }, ...args) => panels.read(...args) },
  'panels.write': { ...write, perform: ({ panels }, ...args) => panels.write(...args) },
  'settings.read': { ...read, perform: ({ settings }, ...args) => settings.read(...args) },
  'settings.write': { ...write, perform: ({ settings }, ...args) => settings.write(...args) },
  'spending.read': { ...read, perform: ({ spending }, ...args) => spending.read(...args) },
  'spending.add': { ...write, perform: ({ spending }, ...args) => spending.add(...args) },
  'tracks.read': { ...read, perform: ({ tracks }, ...args) => tracks.read(...args) },
  'tracks.write': { ...write, perform: ({ tracks }, ...args) => tracks.write(...args) },
  backup: { ...read, timeoutMs: backupMs, perform: (store, ...args) => store.backup(...args) },
  probe: { ...write, perform: (store) => store.probe() },
};

/** The code of its failures, and the longest time, in ms, until it is answered. */
export function rulesOf(name: OperationName): Pick<Operation<OperationName>, 'code' | 'timeoutMs'> {
  return operations[name];
}

export function perform<Name extends OperationName>(
  store: Store,
  name: Name,
  ...args: Arguments<Name>
): OperationResult<Name> {
  return operations[name].perform(store, ...args);
}

/** A store whose operations are all performed by `call`. */
export function storeOver(call: StoreCall, close: () => Promise<void>): Store {
  return {
    consents: {
      read: (guildId) => call('consents.read', guildId),
      write: (guildId, personId, standing) => call('consents.write', guildId, personId, standing),
      count: (guildId, personId) => call('consents.count', guildId, personId),
      erase: (guildId, personId) => call('consents.erase', guildId, personId),
      hasCopies: () => call('consents.hasCopies'),
    },
    guilds: {
      erase: (guildId, day) => call('guilds.erase', guildId, day),
      note: (botId, guildIds) => call('guilds.note', botId, guildIds),
      noted: (botId) => call('guilds.noted', botId),
    },
    panels: {
      read: (guildId) => call('panels.read', guildId),
      write: (guildId, place) => call('panels.write', guildId, place),
    },
    settings: {
      read: (guildId) => call('settings.read', guildId),
      write: (guildId, key, value) => call('settings.write', guildId, key, value),
    },
    spending: {
      read: (day) => call('spending.read', day),
      add: (entries) => call('spending.add', entries),
    },
    tracks: {
      read: (guildId, channelId) => call('tracks.read', guildId, channelId),
      write: (guildId, channelId, all) => call('tracks.write', guildId, channelId, all),
    },
    backup: (toPath) => call('backup', toPath),
    probe: () => call('probe'),
    [Symbol.asyncDispose]: close,
  };
}
