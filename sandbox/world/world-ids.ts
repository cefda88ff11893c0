/** Milliseconds since 1970 at which Discord's ids begin. Source: Discord docs, "Snowflakes". */
const epochMs = 1_420_070_400_000;

/** Smallest number that 1 to 16 divide; as milliseconds it is 12 minutes. */
const dividedByAll = 720_720;

/** Mints ids as Discord does: time in the high bits, so that they sort and tell their age. */
export class Snowflakes {
  readonly #wallMs: () => number;
  #count = 0;
  /** Instant of the first server. */
  #firstAtMs: number | undefined;
  #guildCount = 0;

  constructor(wallMs: () => number) {
    this.#wallMs = wallMs;
  }

  next(): string {
    const count = this.#count++ & 0xfff;
    return ((BigInt(this.#sinceEpochMs()) << 22n) | BigInt(count)).toString();
  }

  /** Id of a server: the first one is on shard 0, each further one on the next shard, for every count up to 16. */
  nextGuild(): string {
    this.#firstAtMs ??= this.#sinceEpochMs();
    // Servers of sandboxes that were opened within these minutes differ in the low bits.
    const restMs = this.#firstAtMs % dividedByAll;
    const madeAtMs = this.#firstAtMs - restMs + this.#guildCount++;
    return ((BigInt(madeAtMs) << 22n) | BigInt(restMs)).toString();
  }

  #sinceEpochMs(): number {
    return Math.max(0, Math.trunc(this.#wallMs() - epochMs));
  }
}
