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

/** A tone that fades: `decay` in 1/s. */
type Hit = { readonly at: number; readonly hz: number; readonly decay: number };

function hits(
  name: string,
  all: readonly Hit[],
  voice: (hit: Hit, t: number) => number,
): RoomNoiseSound {
  const sum = new Float64Array(length);
  for (const hit of all) {
    const from = Math.round(hit.at * listenRateHz);
    const lastS = Math.min(2, 7 / hit.decay);
    for (let n = 0; n < lastS * listenRateHz && from + n < length; n++) {
      sum[from + n] = (sum[from + n] ?? 0) + voice(hit, n / listenRateHz);
    }
  }
  return sounding(name, (n) => sum[n] ?? 0);
}

const turnOf = (hz: number, t: number) => 2 * Math.PI * hz * t;
const saw = (hz: number, t: number) => 2 * ((hz * t) % 1) - 1;

function keyboard(): RoomNoiseSound {
  const random = randomFrom(1);
  const keys: Hit[] = [];
  for (let at = 0.2; at < seconds; at += 0.12 + 0.1 * Math.abs(random())) {
    keys.push({ at, hz: 2500 + 1200 * random(), decay: 180 + 80 * random() });
  }
  const click = ({ hz, decay }: Hit, t: number) =>
    Math.exp(-decay * t) * (0.4 * random() + 0.2 * Math.sin(turnOf(hz, t)));
  return hits('keyboard', keys, click);
}

/** Filtered noise that swells every four seconds. */
function breath(): RoomNoiseSound {
  const random = randomFrom(2);
  let low = 0;
  let former = 0;
  return sounding('breath', (_, t) => {
    low += 0.35 * (random() - low);
    const band = low - former;
    former += 0.08 * (low - former);
    return 0.25 * Math.max(0, Math.sin(turnOf(0.25, t))) ** 2 * band;
  });
}

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

function plucked(): RoomNoiseSound {
  const scale = [196, 247, 294, 330, 392, 440, 494, 587];
  const random = randomFrom(4);
  const notes = Array.from({ length: seconds * 3 }, (_, n) => ({
    at: n / 3,
    hz: scale[Math.floor(Math.abs(random()) * scale.length)] ?? 220,
    decay: 4,
  }));
  const string = ({ hz, decay }: Hit, t: number) =>
    [1, 2, 3, 4, 5, 6].reduce(
      (sum, part) =>
        sum + (0.2 / part) * Math.exp(-decay * part * t) * Math.sin(turnOf(hz * part, t)),
      0,
    );
  return hits('plucked strings', notes, string);
}

function chords(): RoomNoiseSound {
  const roots = [220, 175, 262, 196];
  return sounding('chords with tremolo', (_, t) => {
    const root = roots[Math.floor(t / 2) % roots.length] ?? 220;
    const chord = [1, 1.26, 1.5].reduce((sum, ratio) => sum + saw(root * ratio, t), 0);
    return 0.08 * (1 + 0.6 * Math.sin(turnOf(5.5, t))) * chord;
  });
}

/** Kick, hat and bass at 120 beats a minute. */
function beat(): RoomNoiseSound {
  const random = randomFrom(5);
  const hitsOf = (every: number, hz: number, decay: number, from = 0) =>
    Array.from({ length: Math.floor(seconds / every) }, (_, n) => ({
      at: from + n * every,
      hz,
      decay,
    }));
  const all = [...hitsOf(0.5, 55, 12), ...hitsOf(0.5, 0, 90, 0.25), ...hitsOf(0.25, 98, 9)];
  return hits('drums and bass', all, ({ hz, decay }, t) =>
    hz === 0
      ? 0.15 * random() * Math.exp(-decay * t)
      : 0.3 * Math.sin(turnOf(hz, t)) * Math.exp(-decay * t),
  );
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

/** A lead that glides between notes with vibrato and formant-like filtering by its own partials. */
function lead(): RoomNoiseSound {
  let phase = 0;
  return sounding('a gliding lead', (_, t) => {
    const hz = 220 * 2 ** (Math.sin(turnOf(0.35, t)) * 0.6 + 0.015 * Math.sin(turnOf(6, t)));
    phase += hz / listenRateHz;
    const partials = [1, 0.8, 0.6, 0.25, 0.1];
    const on = t % 1.4 < 1 ? 1 : 0;
    return partials.reduce(
      (sum, part, n) => sum + 0.12 * on * part * Math.sin(2 * Math.PI * (n + 1) * phase),
      0,
    );
  });
}

export const noises: readonly RoomNoiseSound[] = [
  { name: 'digital silence', samples: new Int16Array(length) },
  hiss(),
  keyboard(),
  breath(),
  hum(),
  plucked(),
  chords(),
  beat(),
  synth(),
  lead(),
];
