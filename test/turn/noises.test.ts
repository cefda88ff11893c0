import { decodeOpusFile } from '#bench/turns/voice-clips.ts';
import { loadOpus } from '#src/audio/opus/load-opus.ts';
import { listenRateHz } from '#src/audio/pcm.ts';
import { loadSilero } from '#src/audio/voice/silero-network.ts';
import { VoiceWindowMeter } from '#src/audio/voice/voice-activity.ts';
import {
  endpointRules,
  quietVoice,
  stepEndpointing,
} from '#src/turn/endpointing/endpointing.ts';
import { hasVoice, type VoiceEvidence } from '#src/turn/voice-evidence.ts';
import { listClips, readClip } from '#test/audio/clip-archive.ts';

const sampleCount = 12 * listenRateHz;
const recorded = 'test/fixtures/non-speech';
const codec = await loadOpus();
/** Music sings for 128 ms, which a recogniser is asked about and hears no words in (`npm run bench -- ears`). */
const files = listClips(recorded).filter((file) => file !== 'music.opus');

/** Sounds that voices are mistaken for: -1 to 1, by the time in seconds. */
const instruments: Readonly<Record<string, (t: number) => number>> = {
  'chords with tremolo'(t) {
    const root = [220, 175, 262, 196][Math.floor(t / 2) % 4] ?? 220;
    const chord = [1, 1.26, 1.5].reduce(
      (sum, ratio) => sum + makeSaw(root * ratio, t),
      0,
    );
    return 0.08 * (1 + 0.6 * Math.sin(toAngle(5.5, t))) * chord;
  },
  // The worst case: a saw of a man's pitch with tremolo, through a flanger.
  'a voice-like synth'(t) {
    const delay = 0.002 + 0.0015 * Math.sin(toAngle(0.4, t));
    const flanged = makeSaw(180, t) + makeSaw(180, t + delay);
    return 0.12 * (1 + 0.8 * Math.sin(toAngle(4, t))) * flanged;
  },
};

function toAngle(hz: number, t: number) {
  return 2 * Math.PI * hz * t;
}

function makeSaw(hz: number, t: number) {
  return 2 * ((hz * t) % 1) - 1;
}

const weights = await loadSilero();

/** The evidence of each utterance that an open microphone would have ended. */
function listUtterances(samples: Int16Array) {
  const meter = new VoiceWindowMeter(weights);
  const ended: VoiceEvidence[] = [];
  let voice = quietVoice;
  for (let atMs = 20; (atMs - 1000) * 16 <= samples.length; atMs += 20) {
    const packet = new Int16Array(320);
    packet.set(samples.subarray((atMs - 20) * 16, atMs * 16));
    for (const window of meter.push(packet, atMs)) {
      const step = stepEndpointing(voice, { kind: 'window', ...window }, endpointRules);
      voice = step.voice;
      for (const effect of step.effects)
        if (effect.kind === 'ended') ended.push(effect.evidence);
    }
  }
  return ended;
}

test.each(Object.entries(instruments))(
  '12 s of %s reach no recogniser',
  (_name, wave) => {
    const samples = Int16Array.from({ length: sampleCount }, (_, n) =>
      Math.round(32_767 * wave(n / listenRateHz)),
    );
    expect(listUtterances(samples).filter(hasVoice)).toEqual([]);
  },
);

test.each(files)(
  '12 s of %s in a room where nobody speaks reach no recogniser',
  async (file) => {
    const once = decodeOpusFile(readClip(recorded, file), codec);
    const samples = Int16Array.from(
      { length: sampleCount },
      (_, n) => once[n % once.length] ?? 0,
    );
    expect(listUtterances(samples).filter(hasVoice)).toEqual([]);
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
