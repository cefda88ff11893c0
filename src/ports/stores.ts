import type { JoinMode } from './command-ports.ts';

/** Store of the settings of servers, as they were typed; storage implements it. */
export interface GuildSettingsStore {
  /** By key. Errors: BotError `store.unreadable`. */
  read(guildId: GuildId): Promise<ReadonlyMap<string, string>>;
  /** Undefined removes it. Errors: BotError `store.unwritable`. */
  write(guildId: GuildId, key: string, value: string | undefined): Promise<void>;
}

/** Store of the servers of the bot; storage implements it. */
export interface JoinedGuildStore {
  /**
   * Deletes everything about this server but what it spent on the last days, so that not a byte of it stays in the files; how many items.
   * Errors: BotError `store.unwritable`.
   */
  eraseGuild(guildId: GuildId): Promise<number>;
  /** Servers that Discord has listed for this bot, until they are erased. Errors: BotError `store.unreadable`. */
  listGuilds(botId: PersonId): Promise<readonly string[]>;
  /** This bot is in these servers. Errors: BotError `store.unwritable`. */
  addGuilds(botId: PersonId, guildIds: readonly GuildId[]): Promise<void>;
}

/** Voice channel of the bot in a server, and the state by which it goes on there after a restart. */
export type Seat = {
  readonly guildId: GuildId;
  readonly channelId: ChannelId;
  readonly channelName: string;
  /** Who called the bot in; absent where that person was forgotten. */
  readonly callerId?: PersonId;
  /** Person it goes along with; absent where it follows no person. */
  readonly followedId?: PersonId;
  readonly mode: JoinMode;
  /** Name of the pipeline that answers. */
  readonly pipeline: string;
  /** True while no person may be heard, whatever they answered. */
  readonly isPaused: boolean;
  /** When the session began, by the wall clock of its process. */
  readonly sinceWallMs: number;
  /** People who may be heard for this session. */
  readonly agreedIds: readonly PersonId[];
};

/** A seat as it was left. */
export type StoredSeat = Seat & {
  /** Time in ms since the session was last known to live, by the clock of the store; 0 where that clock was put back. */
  readonly idleMs: number;
};

/** Remembers where the bot sits, for a process that ends; one seat per server. storage implements it. */
export interface SeatStore {
  /** Seats in these servers, however old, by server id. Errors: BotError `store.unreadable`. */
  read(guildIds: readonly GuildId[]): Promise<readonly StoredSeat[]>;
  /** In place of all that was stored of this server's seat; its session lives as of now. Errors: BotError `store.unwritable`. */
  write(seat: Seat): Promise<void>;
  /** The sessions in these servers live as of now; servers without a seat get none. Errors: BotError `store.unwritable`. */
  markAlive(guildIds: readonly GuildId[]): Promise<void>;
  /** Deletes the seat with all that people said there. Errors: BotError `store.unwritable`. */
  eraseSeat(guildId: GuildId): Promise<void>;
  /**
   * Deletes what people said, and who called or is followed, in sessions that have not lived for `idleMs` or longer; their seats stay. How
   * many items. Errors: BotError `store.unwritable`.
   */
  expireSeats(idleMs: number): Promise<number>;
}
