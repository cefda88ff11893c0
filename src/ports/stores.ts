import { withTimeout } from '#src/base/bounded-wait.ts';
import type { Clock } from '#src/base/clock.ts';
import type { AdmittedErasure, ServerErasure } from '#src/base/erasures.ts';
import { BotError, type StoreCode } from '#src/base/errors.ts';
import type { ChannelId, GuildId, PersonId } from '#src/base/ids.ts';
import type { JoinMode } from './command-ports.ts';
import { type SessionEventListener, toFailureEvent } from './session-events.ts';

/** Stored values of settings, as texts by key. */
export type SettingTexts = ReadonlyMap<string, string>;

/** Settings of servers and of their voice channels. */
export interface GuildSettingsStore {
  /** Reads all settings of a server. Throws BotError `store.unreadable`. */
  read(guildId: GuildId): Promise<SettingTexts>;
  /** Reads the settings of each voice channel that has some. Throws BotError `store.unreadable`. */
  readChannels(guildId: GuildId): Promise<ReadonlyMap<ChannelId, SettingTexts>>;
  /**
   * Writes a setting, or removes it if undefined. Throws BotError `store.unwritable`.
   */
  write(guildId: GuildId, key: string, value: string | undefined): Promise<void>;
  /** Writes settings of a voice channel at once, and removes the undefined ones. Throws BotError `store.unwritable`. */
  writeChannel(
    guildId: GuildId,
    channelId: ChannelId,
    changes: SettingChanges,
  ): Promise<void>;
}

/** New texts of settings by key. An undefined one removes the setting. */
export type SettingChanges = ReadonlyMap<string, string | undefined>;

/** The servers that the bot is known to be in, so that data of those that it left is erased. */
export interface JoinedGuildStore {
  /**
   * Erases everything about a server except recent spending. Returns the number of
   * items. Throws BotError `store.unwritable`.
   */
  eraseGuild(erasure: AdmittedErasure<ServerErasure>): Promise<number>;
  /**
   * Lists servers that Discord has listed and that are not erased yet. Throws BotError
   * `store.unreadable`.
   */
  listGuilds(botId: PersonId): Promise<readonly GuildId[]>;
  /** Stores servers that Discord has listed. Throws BotError `store.unwritable`. */
  addGuilds(botId: PersonId, guildIds: readonly GuildId[]): Promise<void>;
}

export type Seat = {
  readonly guildId: GuildId;
  readonly channelId: ChannelId;
  readonly channelName: string;
  /** Absent if that person was forgotten. */
  readonly callerId?: PersonId;
  readonly followedId?: PersonId;
  readonly mode: JoinMode;
  readonly pipeline: string;
  readonly isPaused: boolean;
  /** Start of the session by the wall clock. */
  readonly sinceWallMs: number;
  readonly agreedIds: readonly PersonId[];
};

export type StoredSeat = {
  readonly seat: Seat;
  /** Time since the session was last alive, by the clock of the store. */
  readonly idleMs: number;
};

/** Seats of sessions. Reading throws BotError `store.unreadable`, and writing `store.unwritable`. */
export interface SeatStore {
  /** Lists seats of any age. */
  read(guildIds: readonly GuildId[]): Promise<readonly StoredSeat[]>;
  /** Stores a seat as alive now, in place of the former one. */
  write(seat: Seat): Promise<void>;
  /** Marks existing seats as alive now. */
  markAlive(guildIds: readonly GuildId[]): Promise<void>;
  /** Erases a seat and everything said there. */
  eraseSeat(guildId: GuildId): Promise<void>;
  /**
   * Deletes words and people of sessions idle for `idleMs`, but no seats. Returns the
   * number of items.
   */
  expireSeats(idleMs: number): Promise<number>;
}

/** A clock for the deadline of the store, and the listener to its failures. */
export type StoreWatch = {
  readonly clock: Clock;
  readonly onEvent: SessionEventListener;
};

/** A hanging disk must not hold up a /join or an answer. */
const storeTimeoutMs = 5_000;
/** A big store needs longer, and an erasure has to be completed. */
export const eraseTimeoutMs = 45_000;

/**
 * Runs work of the store. Reports failure or delay and returns undefined. Never throws.
 */
export async function withStoreTimeout<T>(
  guildId: GuildId,
  { clock, onEvent }: StoreWatch,
  code: StoreCode,
  work: () => Promise<T>,
  ms: number = storeTimeoutMs,
): Promise<T | undefined> {
  try {
    return await withTimeout(
      work(),
      ms,
      clock,
      () => new BotError(code, true, `The store did not answer in ${ms / 1000} s.`),
    );
  } catch (error) {
    onEvent(guildId, toFailureEvent(error, 'store'));
    return undefined;
  }
}

/** Runs a write of the store. Reports failure or delay and returns false. Never throws. */
export async function tryWrite(
  guildId: GuildId,
  watch: StoreWatch,
  write: () => Promise<unknown>,
): Promise<boolean> {
  const done = await withStoreTimeout(guildId, watch, 'store.unwritable', async () => {
    await write();
    return true;
  });
  return done === true;
}
