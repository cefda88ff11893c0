import { makeNoise } from '#bench/turns/make-noise.ts';
import { seededRandom } from '#sandbox/seeded-random.ts';
import { listenRateHz, type Pcm } from '#src/audio/pcm.ts';
import { resamplePcm } from '#src/audio/resampler.ts';
import { loadSilero } from '#src/audio/voice/silero-network.ts';
import {
  VoiceActivityDetector,
  VoiceWindowMeter,
} from '#src/audio/voice/voice-activity.ts';
import {
  type EndpointingState,
  endpointRules,
  quietVoice,
  stepEndpointing,
} from '#src/turn/endpointing/endpointing.ts';
import { hasVoice, type VoiceEvidence } from '#src/turn/voice-evidence.ts';

/** Sounds of a room in which nobody speaks, at 16 kHz, the same on every run. */
type RoomNoiseSound = { readonly name: string; readonly samples: Int16Array };

const seconds = 12;
const length = seconds * listenRateHz;

/** -1 to 1. */
function randomFrom(seed: number) {
  const random = seededRandom(seed);
  return () => 2 * random() - 1;
}

function sounding(name: string, at: (n: number, t: number) => number) {
  const samples = Int16Array.from({ length }, (_, n) => {
    const value = at(n, n / listenRateHz);
    return Math.round(Math.max(-1, Math.min(1, value)) * 32_767);
  });
  return { name, samples };
}

const turnOf = (hz: number, t: number) => 2 * Math.PI * hz * t;
const saw = (hz: number, t: number) => 2 * ((hz * t) % 1) - 1;

function hum() {
  const random = randomFrom(3);
  const parts = [1, 2, 3, 5];
  return sounding(
    'hum',
    (_, t) =>
      parts.reduce(
        (sum, part) => sum + (0.1 / part) * Math.sin(turnOf(50 * part, t)),
        0,
      ) +
      0.003 * random(),
  );
}

function chords() {
  const roots = [220, 175, 262, 196];
  return sounding('chords with tremolo', (_, t) => {
    const root = roots[Math.floor(t / 2) % roots.length] ?? 220;
    const chord = [1, 1.26, 1.5].reduce((sum, ratio) => sum + saw(root * ratio, t), 0);
    return 0.08 * (1 + 0.6 * Math.sin(turnOf(5.5, t))) * chord;
  });
}

function hiss() {
  const random = randomFrom(6);
  return sounding('hiss', () => 0.02 * random());
}

/** The worst case: a saw of a man's pitch with tremolo, through a flanger. */
function synth() {
  return sounding('a voice-like synth', (_, t) => {
    const delay = 0.002 + 0.0015 * Math.sin(turnOf(0.4, t));
    return (
      0.12 * (1 + 0.8 * Math.sin(turnOf(4, t))) * (saw(180, t) + saw(180, t + delay))
    );
  });
}

const noises: readonly RoomNoiseSound[] = [
  { name: 'digital silence', samples: new Int16Array(length) },
  hiss(),
  hum(),
  chords(),
  synth(),
];

const weights = await loadSilero();

/** The evidence of each utterance that an open microphone would have ended. */
function utterances(samples: Int16Array) {
  const meter = new VoiceWindowMeter(new VoiceActivityDetector(weights));
  const ended: VoiceEvidence[] = [];
  let voice: EndpointingState = quietVoice;
  for (let atMs = 20; (atMs - 1000) * 16 <= samples.length; atMs += 20) {
    const packet = new Int16Array(320);
    packet.set(samples.subarray((atMs - 20) * 16, atMs * 16));
    for (const window of meter.push(packet, atMs)) {
      const step = stepEndpointing(voice, { kind: 'window', ...window }, endpointRules);
      voice = step.voice;
      for (const effect of step.effects)
        if (effect.kind === 'ended') ended.push(effect.heard);
    }
  }
  return ended;
}

test.each(noises)('12 s of $name reach no recogniser', ({ samples }) => {
  expect(utterances(samples).filter(hasVoice)).toEqual([]);
});

test.each(['keyboard', 'breath'] as const)(
  '20 s of %s at a desk reach no recogniser',
  (name) => {
    const atDesk: Pcm = {
      samples: makeNoise(name, 20, 1),
      rateHz: 48_000,
      channels: 1,
    };
    expect(utterances(resamplePcm(atDesk, 16_000).samples).filter(hasVoice)).toEqual(
      [],
    );
  },
);

test('an utterance is worth a recogniser by its length, its certainty and its level together', () => {
  const voice = {
    voicedMs: 90,
    spanMs: 90,
    meanProbability: 0.7,
    peakProbability: 0.85,
  };
  expect(hasVoice(voice)).toBe(true);
  expect(hasVoice({ ...voice, meanLevelDb: -58 })).toBe(true);
  for (const less of [
    { voicedMs: 89 },
    { meanProbability: 0.69 },
    { peakProbability: 0.84 },
    { meanLevelDb: -58.1 },
  ])
    expect(hasVoice({ ...voice, ...less })).toBe(false);
});

test('what no breath interrupts for 10 s is an instrument', () => {
  const long = { meanProbability: 0.9, peakProbability: 1, spanMs: 10_000 };
  expect(hasVoice({ ...long, voicedMs: 10_000 })).toBe(false);
  expect(hasVoice({ ...long, voicedMs: 9_950 })).toBe(true);
  expect(hasVoice({ ...long, voicedMs: 9_999, spanMs: 9_999 })).toBe(true);
});
