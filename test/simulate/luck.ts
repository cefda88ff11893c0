/** Ports of a talk whose calls take time and fail. */
export const portNames = [
  'recognise',
  'think',
  'speak',
  'run',
  'link',
  'store',
  'message',
] as const;
export type PortName = (typeof portNames)[number];

/** Call of a port that fails. */
export type FailingCall = { readonly port: PortName; readonly call: number };

type PlannedCall = { readonly takesMs: number; readonly fails: boolean };

/** Ports that are slow, fail, or hang until their deadline now and then. */
export type PortFaults = Readonly<
  Record<'failing' | 'hanging' | 'slow', ReadonlySet<PortName>>
>;

/** Delays and failures, by the seed alone. */
export class Luck {
  readonly #seed;
  #faults: PortFaults;
  #failing: FailingCall | undefined;
  readonly #calls = new Map<PortName, number>();

  constructor(seed: number, faults: PortFaults, failing: FailingCall | undefined) {
    this.#seed = seed;
    this.#faults = faults;
    this.#failing = failing;
  }

  /** Number from 0 to 1. */
  draw(key: string): number {
    return drawChance(this.#seed, key);
  }

  /** From now on nothing is slow, fails or hangs. */
  heal() {
    this.#failing = undefined;
    this.#faults = { failing: new Set(), hanging: new Set(), slow: new Set() };
  }

  /** Next call of a port. */
  call(
    port: PortName,
    leastMs: number,
    usualMs: number,
    longestMs: number,
  ): PlannedCall {
    const call = (this.#calls.get(port) ?? 0) + 1;
    this.#calls.set(port, call);
    const luck = this.draw(`${port} ${call}`);
    const isChosen = this.#failing?.port === port && this.#failing.call === call;
    const { failing, hanging, slow } = this.#faults;
    const hangs = luck > 0.95 && hanging.has(port);
    const failsNow = luck < 0.08 && failing.has(port);
    const usual = leastMs + this.draw(`${port} ${call} takes`) * (usualMs - leastMs);
    const isSlow = luck > 0.8 && slow.has(port);
    const takesMs = Math.round(
      hangs ? longestMs : Math.min(isSlow ? usual * 10 : usual, longestMs),
    );
    return { takesMs, fails: isChosen || hangs || failsNow };
  }
}

/** Number from 0 to 1 by seed and key alone, so that a shorter script meets the same delays. */
export function drawChance(seed: number, key: string): number {
  let hash = 2_166_136_261 ^ seed;
  for (let at = 0; at < key.length; at++) {
    hash = Math.imul(hash ^ key.charCodeAt(at), 16_777_619);
  }
  hash = Math.imul(hash ^ (hash >>> 15), 2_246_822_507);
  hash = Math.imul(hash ^ (hash >>> 13), 3_266_489_909);
  return ((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32;
}
