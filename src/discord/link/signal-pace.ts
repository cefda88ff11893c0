import { type Admitted, admit } from '#src/base/admitted.ts';
import type { GuildId } from '#src/base/ids.ts';

/**
 * Half of the 120 messages a minute that Discord takes for all servers of a shard are for joins:
 * https://docs.discord.com/developers/events/gateway#rate-limiting
 */
const shardJoinsPerMinute = 60;
const minuteMs = 60_000;
const minGapMs = 500;
const [firstRestMs, maxRestMs] = [60_000, 900_000];

/** A server has had at most this part of the joins that are left for all. Alone it joins 13 times in a minute. */
const shareOfFreeJoins = 1 / 4;

/** A join of one server at a time on the monotonic clock, in ms. It may lie in the future. */
export type PlannedJoin = { readonly guildId: GuildId; readonly atMs: number };

/** A join for which the shard has room. A link is opened with this type only. */
export type AdmittedJoin = Admitted<PlannedJoin, 'join'>;

/**
 * Shares the joins of one shard among its servers. The more a server has joined in the last minute, the more joins have to
 * be left for others before it joins again.
 *
 * @example
 * import { toGuildId } from '#src/base/ids.ts';
 * import { ShardPace } from '#src/discord/link/signal-pace.ts';
 *
 * const shard = new ShardPace();
 * const joinAtMs = (guildId: string) => shard.admitJoin(toGuildId(guildId), 0, 60_000)?.atMs;
 * for (let n = 0; n < 13; n++) joinAtMs('1');
 * [joinAtMs('1'), joinAtMs('2')]; // [60_000, 0]
 */
export class ShardPace {
  #joins: readonly PlannedJoin[] = [];

  /** Plans a server's join for `fromMs` or soon after it. Undefined if that is after `untilMs`. */
  admitJoin(
    guildId: GuildId,
    fromMs: number,
    untilMs: number,
  ): AdmittedJoin | undefined {
    const atMs = this.findFreeMs(guildId, fromMs);
    if (atMs > untilMs) return undefined;
    // `fromMs` may lie ahead of that of another server.
    const known = this.#joins.filter((join) => join.atMs > fromMs - 2 * minuteMs);
    this.#joins = [...known, { guildId, atMs }];
    return admit('join', { guildId, atMs });
  }

  /** Finds when a server may join, from `fromMs` on. */
  findFreeMs(guildId: GuildId, fromMs: number): number {
    const changesMs = this.#joins
      .map(({ atMs }) => atMs + minuteMs)
      .sort((a, b) => a - b);
    const laterMs = changesMs.filter((atMs) => atMs > fromMs);
    // Without any join of the last minute there is room.
    return [fromMs, ...laterMs].find((atMs) => this.#isFree(guildId, atMs)) ?? fromMs;
  }

  #isFree(guildId: GuildId, atMs: number) {
    // A join counts in each minute that holds it, also in those that end with a join planned after it.
    const minuteEndsMs = [atMs, ...this.#joins.map((join) => join.atMs)].filter(
      (endMs) => endMs >= atMs && endMs < atMs + minuteMs,
    );
    return minuteEndsMs.every((endMs) => {
      const joins = this.#joins.filter(
        (join) => join.atMs > endMs - minuteMs && join.atMs <= endMs,
      );
      const freeJoins = shardJoinsPerMinute - joins.length;
      const ownJoins = joins.filter((join) => join.guildId === guildId).length;
      return freeJoins > 0 && ownJoins <= freeJoins * shareOfFreeJoins;
    });
  }
}

/** Rate limit of the joins of one server. */
export class SignalPace {
  #sentAtMs = Number.NEGATIVE_INFINITY;
  #restedAtMs = Number.NEGATIVE_INFINITY;
  #restMs = 0;

  /** Returns the wait until the next signal, in ms. */
  waitMs(atMs: number): number {
    return Math.max(this.#sentAtMs + minGapMs - atMs, this.getRestMs(atMs));
  }

  /** Returns the rest that Discord asked for, in ms. 0 after its end. */
  getRestMs(atMs: number): number {
    return Math.max(0, this.#restedAtMs - atMs);
  }

  /** Notes a signal. The next one waits for half a second. */
  noteSent(atMs: number): void {
    this.#sentAtMs = atMs;
  }

  /** Starts a rest. Each doubles, up to a quarter of an hour. */
  startRest(atMs: number): void {
    const isNew = atMs - this.#restedAtMs > maxRestMs;
    this.#restMs = isNew ? firstRestMs : Math.min(maxRestMs, this.#restMs * 2);
    this.#restedAtMs = atMs + this.#restMs;
  }
}
