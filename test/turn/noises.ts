import { listenRateHz } from '#src/audio/pcm.ts';

/** Sounds of a room in which nobody speaks, at 16 kHz, the same on every run. */
export type RoomNoiseSound = { readonly name: string; readonly samples: Int16Array };

const seconds = 12;
const length = seconds * listenRateHz;

type TurnRandom = () => number;

/** Mulberry32: -1..1, from a fixed seed. */
function randomFrom(seed: number): TurnRandom {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 31 - 1;
  };
}

function sounding(name: string, at: (n: number, t: number) => number): RoomNoiseSound {
  const samples = Int16Array.from({ length }, (_, n) => {
    const value = at(n, n / listenRateHz);
    return Math.round(Math.max(-1, Math.min(1, value)) * 32_767);
  });
  return { name, samples };
}

const turnOf = (hz: number, t: number) => 2 * Math.PI * hz * t;
const saw = (hz: number, t: number) => 2 * ((hz * t) % 1) - 1;

function hum(): RoomNoiseSound {
  const random = randomFrom(3);
  const parts = [1, 2, 3, 5];
  return sounding(
    'hum',
    (_, t) =>
      parts.reduce((sum, part) => sum + (0.1 / part) * Math.sin(turnOf(50 * part, t)), 0) +
      0.003 * random(),
  );
}

function chords(): RoomNoiseSound {
  const roots = [220, 175, 262, 196];
  return sounding('chords with tremolo', (_, t) => {
    const root = roots[Math.floor(t / 2) % roots.length] ?? 220;
    const chord = [1, 1.26, 1.5].reduce((sum, ratio) => sum + saw(root * ratio, t), 0);
    return 0.08 * (1 + 0.6 * Math.sin(turnOf(5.5, t))) * chord;
  });
}

function hiss(): RoomNoiseSound {
  const random = randomFrom(6);
  return sounding('hiss', () => 0.02 * random());
}

/** The worst case: a saw of a man's pitch with tremolo, through a flanger. */
function synth(): RoomNoiseSound {
  return sounding('a voice-like synth', (_, t) => {
    const delay = 0.002 + 0.0015 * Math.sin(turnOf(0.4, t));
    return 0.12 * (1 + 0.8 * Math.sin(turnOf(4, t))) * (saw(180, t) + saw(180, t + delay));
  });
}

export const noises: readonly RoomNoiseSound[] = [
  { name: 'digital silence', samples: new Int16Array(length) },
  hiss(),
  hum(),
  chords(),
  synth(),
];
