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

export type Luck = ReturnType<typeof createLuck>;

/** Delays and failures, by the seed alone. */
export function createLuck(
  seed: number,
  faults: PortFaults,
  failing: FailingCall | undefined,
) {
  const calls = new Map<PortName, number>();
  /** Ports whose calls all fail at once, hang, or take ten times as long: `speak dies`, `speak hangs`, `speak slows`. `store hides`: it cannot be read. */
  const outages = new Set<string>();
  let failingPorts = failing;

  /** Number from 0 to 1. */
  function drawLuck(key: string) {
    return drawChance(seed, key);
  }

  function decideFault(port: PortName, luck: number) {
    const { failing, hanging, slow } = faults;
    const hasOutage = (trouble: string) => outages.has(`${port} ${trouble}`);
    return {
      hangs: hasOutage('hangs') || (luck > 0.95 && hanging.has(port)),
      fails: hasOutage('dies') || (luck < 0.08 && failing.has(port)),
      isSlow: hasOutage('slows') || (luck > 0.8 && slow.has(port)),
    };
  }

  return {
    draw: drawLuck,

    /** A port has trouble from now on: `speak dies`. */
    breakPort(outage: string) {
      outages.add(outage);
    },

    /** Whether a port has this trouble: `store hides`. */
    isBroken(outage: string) {
      return outages.has(outage);
    },

    /** All ports are well again. */
    mendPorts() {
      outages.clear();
    },

    /** From now on nothing is slow, fails or hangs. */
    heal() {
      outages.clear();
      failingPorts = undefined;
      faults = { failing: new Set(), hanging: new Set(), slow: new Set() };
    },

    /** Next call of a port. */
    callPort(
      port: PortName,
      leastMs: number,
      usualMs: number,
      longestMs: number,
    ): PlannedCall {
      const call = (calls.get(port) ?? 0) + 1;
      calls.set(port, call);
      const luck = drawLuck(`${port} ${call}`);
      const isChosen = failingPorts?.port === port && failingPorts.call === call;
      const { fails, hangs, isSlow } = decideFault(port, luck);
      const usual = leastMs + drawLuck(`${port} ${call} takes`) * (usualMs - leastMs);
      const takesMs = Math.round(
        hangs ? longestMs : Math.min(isSlow ? usual * 10 : usual, longestMs),
      );
      return { takesMs, fails: isChosen || hangs || fails };
    },
  };
}

/** Number from 0 to 1 by seed and key alone, so that a shorter script meets the same delays. */
export function drawChance(seed: number, key: string) {
  let hash = 2_166_136_261 ^ seed;
  for (let at = 0; at < key.length; at++) {
    hash = Math.imul(hash ^ key.charCodeAt(at), 16_777_619);
  }
  hash = Math.imul(hash ^ (hash >>> 15), 2_246_822_507);
  hash = Math.imul(hash ^ (hash >>> 13), 3_266_489_909);
  return ((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32;
}
