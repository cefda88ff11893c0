import { seededRandom } from '#sandbox/seeded-random.ts';
import { energyDb } from '#src/audio/loudness/loudness.ts';

/** Noise level of quiet rooms; root mean square. */
const noiseDb = -55;
/** Rooms hum more than they hiss: each sample keeps this much of the one before. */
const colour = 0.9;

/** Microphone noise of an empty room; the same for the same seed. */
export class RoomNoise {
  readonly #random: () => number;
  readonly #amplitude = 32_768 * 10 ** (noiseDb / 20) * Math.sqrt(3 * (1 - colour ** 2));
  #last = 0;

  constructor(seed: number) {
    this.#random = seededRandom(seed);
  }

  addTo(samples: Int16Array): void {
    for (let n = 0; n < samples.length; n++) {
      this.#last = colour * this.#last + (2 * this.#random() - 1) * this.#amplitude;
      samples[n] = clamped((samples[n] ?? 0) + this.#last);
    }
  }
}

const echoLateMs = 150;
const echoGain = 10 ** (-20 / 20);
/** An echo quieter than this is left out. */
const echoFloorDb = -60;
/** One second of each person; the oldest is lost first. */
const echoFrames = 50;

type DelayedSound = { readonly dueMs: number; readonly samples: Int16Array };

/** The way from the loudspeaker back into the microphone, 20 ms at a time, in the rate of what was heard. */
export class RoomEcho {
  readonly #byPerson = new Map<string, DelayedSound[]>();

  hear(fromUserId: string, samples: Int16Array, atMs: number): void {
    const quieter = samples.map((sample) => Math.round(sample * echoGain));
    if (energyDb(quieter) < echoFloorDb) return;
    const heard = this.#byPerson.get(fromUserId) ?? [];
    this.#byPerson.set(fromUserId, heard);
    heard.push({ dueMs: atMs + echoLateMs, samples: quieter });
    if (heard.length > echoFrames) heard.shift();
  }

  get pending(): boolean {
    return [...this.#byPerson.values()].some(({ length }) => length > 0);
  }

  clear(): void {
    this.#byPerson.clear();
  }

  /** Adds what is due by `atMs`, a frame of each person; false if that is nothing. */
  addTo(samples: Int16Array, atMs: number): boolean {
    let sounds = false;
    for (const heard of this.#byPerson.values()) {
      const [first] = heard;
      if (!first || first.dueMs > atMs) continue;
      heard.shift();
      add(samples, first.samples);
      sounds = true;
    }
    return sounds;
  }
}

export function add(samples: Int16Array, other: Int16Array): void {
  for (let n = 0; n < samples.length; n++) {
    samples[n] = clamped((samples[n] ?? 0) + (other[n] ?? 0));
  }
}

function clamped(sample: number): number {
  return Math.max(-32_768, Math.min(32_767, Math.round(sample)));
}
