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

type Call = { readonly takesMs: number; readonly fails: boolean };

/** Delays and failures, by the seed alone. */
export class Luck {
  readonly #seed: number;
  readonly #failing: FailingCall | undefined;
  readonly #calls = new Map<PortName, number>();

  constructor(seed: number, failing: FailingCall | undefined) {
    this.#seed = seed;
    this.#failing = failing;
  }

  /** Number from 0 to 1. */
  of(key: string): number {
    return chance(this.#seed, key);
  }

  /** Next call of a port. Some are slow, fail, or hang until their deadline. */
  call(port: PortName, leastMs: number, usualMs: number, longestMs: number): Call {
    const call = (this.#calls.get(port) ?? 0) + 1;
    this.#calls.set(port, call);
    const luck = this.of(`${port} ${call}`);
    const isChosen = this.#failing?.port === port && this.#failing.call === call;
    const hangs = luck > 0.98;
    const usual = leastMs + this.of(`${port} ${call} takes`) * (usualMs - leastMs);
    const slow = luck > 0.9 ? usual * 10 : usual;
    const takesMs = Math.round(hangs ? longestMs : Math.min(slow, longestMs));
    return { takesMs, fails: isChosen || hangs || luck < 0.04 };
  }
}

/** Number from 0 to 1 by seed and key alone, so that a shorter script meets the same delays. */
export function chance(seed: number, key: string): number {
  let hash = 2_166_136_261 ^ seed;
  for (let at = 0; at < key.length; at++) {
    hash = Math.imul(hash ^ key.charCodeAt(at), 16_777_619);
  }
  hash = Math.imul(hash ^ (hash >>> 15), 2_246_822_507);
  hash = Math.imul(hash ^ (hash >>> 13), 3_266_489_909);
  return ((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32;
}
