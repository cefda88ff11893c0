import { SeenFor } from './seen-for.ts';

const [toldAfterMs, resetAfterMs, rejoinAfterMs] = [5_000, 10_000, 20_000];
const longestLookMs = 1_000;

export type EncryptionVerdict = {
  /** For how long the group has been seen unsettled, or without somebody, in company; undefined below 5 s. */
  readonly fault?: string;
  readonly reset: boolean;
  readonly rejoin: boolean;
};

/** Watchdog of the end-to-end group of one link. Alone there is no group, so time alone counts for nothing. */
export class EncryptionWatchdog {
  readonly #unsettled = new SeenFor(longestLookMs);
  #isReset = false;

  /** `inCompany`: the link is ready and somebody else is there; `settled`: the group is open, with everybody connected in it. `reset` is true once. */
  look(inCompany: boolean, settled: boolean, atMs: number): EncryptionVerdict {
    const ms = this.#unsettled.look(inCompany && !settled, atMs);
    if (ms === 0) this.#isReset = false;
    if (ms < toldAfterMs) return { reset: false, rejoin: false };
    const reset = ms >= resetAfterMs && !this.#isReset;
    if (reset) this.#isReset = true;
    const fault = `The end-to-end group has been unsettled or incomplete for ${Math.round(ms / 1000)} s.`;
    return { fault, reset, rejoin: ms >= rejoinAfterMs };
  }
}
