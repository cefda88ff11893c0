import { SeenFor } from './seen-for.ts';

const toldAfterMs = 5_000;
/** When the group is reset, and the link opened anew, in ms: sooner while it is not open, as then nobody is heard at all. */
const [closedGroup, openGroup] = [
  { resetMs: 5_000, rejoinMs: 12_000 },
  { resetMs: 10_000, rejoinMs: 20_000 },
];
/** A group that is not open is reset again after so long, in ms. */
const resetAgainMs = 10_000;
const longestLookMs = 1_000;

export type EncryptionVerdict = {
  /** For how long the group has been seen unsettled, or without somebody, in company; undefined below 5 s. */
  readonly fault?: string;
  /** True once, and every 10 s again while the group is not even open: then nothing is heard that a reset could spoil. */
  readonly reset: boolean;
  readonly rejoin: boolean;
};

/** Watchdog of the end-to-end group of one link. Alone there is no group, so time alone counts for nothing. */
export class EncryptionWatchdog {
  readonly #unsettled = new SeenFor(longestLookMs);
  #lastResetMs: number | undefined;

  /** `inCompany`: the link is ready and somebody else is there; `isWhole`: everybody connected is in the group, too. */
  look(inCompany: boolean, isOpen: boolean, isWhole: boolean, atMs: number): EncryptionVerdict {
    const ms = this.#unsettled.look(inCompany && !(isOpen && isWhole), atMs);
    if (ms === 0) this.#lastResetMs = undefined;
    if (ms < toldAfterMs) return { reset: false, rejoin: false };
    const { resetMs, rejoinMs } = isOpen ? openGroup : closedGroup;
    const last = this.#lastResetMs;
    const reset = last === undefined ? ms >= resetMs : !isOpen && ms >= last + resetAgainMs;
    if (reset) this.#lastResetMs = ms;
    const fault = `The end-to-end group has been unsettled or incomplete for ${Math.round(ms / 1000)} s.`;
    return { fault, reset, rejoin: ms >= rejoinMs };
  }
}
