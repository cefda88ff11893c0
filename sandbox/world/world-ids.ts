/** Milliseconds since 1970 at which Discord's ids begin. Source: Discord docs, "Snowflakes". */
const epochMs = 1_420_070_400_000;

/** Mints ids as Discord does: time in the high bits, so that they sort and tell their age. */
export class Snowflakes {
  readonly #wallMs: () => number;
  #count = 0;

  constructor(wallMs: () => number) {
    this.#wallMs = wallMs;
  }

  next(): string {
    const sinceEpochMs = BigInt(Math.max(0, Math.trunc(this.#wallMs() - epochMs)));
    const count = this.#count++ & 0xfff;
    return ((sinceEpochMs << 22n) | BigInt(count)).toString();
  }
}
