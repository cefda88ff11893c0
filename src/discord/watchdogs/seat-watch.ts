import { type Client, Status } from 'discord.js';
import type { DiscordEvent } from '#src/discord/events.ts';
import { leaveSeat } from '#src/discord/leave-seats.ts';
import type { SyncTiming } from '#src/discord/link/timing.ts';
import { LinkAlerts } from './link-alerts.ts';

/** Where the bot should sit in one server; `busy` while a link there is being opened. */
export type ExpectedSeat = { readonly channelId: string } | 'busy';

export type SeatWatchOptions = {
  readonly timing: SyncTiming;
  readonly report: (event: DiscordEvent) => void;
  /** Channel by server in which Discord shows the bot; undefined: nowhere, or its gateway is away. */
  shown(guildId: string): string | undefined;
  /** Servers to look at. */
  guildIds(): Iterable<string>;
  isConnected(guildId: string): boolean;
  /** Undefined: nowhere. */
  expected(guildId: string): ExpectedSeat | undefined;
  /** Gives the seat up that Discord shows. */
  leave(guildId: string): void;
  /** Leaves and joins anew, if that is allowed now. */
  rejoin(guildId: string, cause: string): void;
};

const everyMs = 5_000;
/** Looks in a row that must show a mismatch: a join or a move takes less than the time between two. */
const patience = 2;

/** Watchdog over the seats of the bot: where it should sit against where Discord shows it, every 5 s. */
export class SeatWatch {
  readonly #options: SeatWatchOptions;
  readonly #alerts = new Map<string, LinkAlerts>();
  /** Looks in a row at which a seat was wrong, by server. */
  readonly #wrong = new Map<string, number>();
  #forget: () => void;

  constructor(options: SeatWatchOptions) {
    this.#options = options;
    this.#forget = options.timing.later(everyMs, () => this.#checkAgain());
  }

  /** Gives up the seats of a former run, at once; in which channel they were, by server. */
  leaveGhosts(): ReadonlyMap<string, string> {
    const { expected, guildIds, leave, shown } = this.#options;
    const ghosts = new Map<string, string>();
    for (const guildId of guildIds()) {
      const channelId = shown(guildId);
      if (channelId === undefined || expected(guildId) !== undefined) continue;
      leave(guildId);
      ghosts.set(guildId, channelId);
    }
    return ghosts;
  }

  close(): void {
    this.#forget();
  }

  #checkAgain(): void {
    this.#forget = this.#options.timing.later(everyMs, () => this.#checkAgain());
    const all = new Set([...this.#options.guildIds(), ...this.#wrong.keys()]);
    for (const guildId of all) this.#check(guildId);
  }

  #check(guildId: string): void {
    const { expected, isConnected, leave, rejoin, shown } = this.#options;
    const should = expected(guildId);
    if (should === 'busy' || !isConnected(guildId)) return;
    const is = shown(guildId);
    if (is === should?.channelId) {
      this.#wrong.delete(guildId);
      this.#alerts.get(guildId)?.clear('seat-mismatch', 'Discord shows the bot where it sits');
      return;
    }
    const checks = (this.#wrong.get(guildId) ?? 0) + 1;
    this.#wrong.set(guildId, checks);
    if (checks < patience) return;
    const cause = `should sit in ${should?.channelId ?? 'no channel'}, is shown in ${is ?? 'none'}`;
    this.#alertsOf(guildId).raise('seat-mismatch', cause);
    if (should) rejoin(guildId, cause);
    else leave(guildId);
  }

  #alertsOf(guildId: string): LinkAlerts {
    const { report } = this.#options;
    const alerts =
      this.#alerts.get(guildId) ?? new LinkAlerts((alert) => report({ ...alert, guildId }));
    this.#alerts.set(guildId, alerts);
    return alerts;
  }
}

/** Seat watch of a logged-in client, over its voice links. */
export function openSeatWatch(
  client: Client<true>,
  linkOpener: Pick<SeatWatchOptions, 'expected' | 'rejoin'>,
  timing: SyncTiming,
  report: (event: DiscordEvent) => void,
): SeatWatch {
  const guild = (guildId: string) => client.guilds.cache.get(guildId);
  return new SeatWatch({
    timing,
    report,
    guildIds: () => client.guilds.cache.keys(),
    shown: (guildId) =>
      guild(guildId)?.voiceStates.cache.get(client.user.id)?.channelId ?? undefined,
    isConnected: (guildId) => guild(guildId)?.shard.status === Status.Ready,
    leave: (guildId) => void leaveSeat(client, guildId),
    expected: (guildId) => linkOpener.expected(guildId),
    rejoin: (guildId, cause) => linkOpener.rejoin(guildId, cause),
  });
}
