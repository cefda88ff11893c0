import { expect, test } from 'vitest';
import { makeNoise } from '#bench/turns/noises.ts';
import type { Pcm } from '#src/audio/pcm.ts';
import { resample } from '#src/audio/resample.ts';
import { loadSilero } from '#src/audio/voice/silero.ts';
import { VoiceActivity } from '#src/audio/voice/voice-activity.ts';
import { VoiceMeter } from '#src/audio/voice/voice-meter.ts';
import {
  type EndpointingState,
  endpointRules,
  quiet,
  stepEndpointing,
} from '#src/turn/endpointing/endpointing.ts';
import { type Evidence, hasVoice } from '#src/turn/evidence.ts';
import { noises } from './noises.ts';

const weights = await loadSilero();

/** The evidence of each utterance that an open microphone would have ended. */
function utterances(samples: Int16Array): Evidence[] {
  const meter = new VoiceMeter(new VoiceActivity(weights));
  const ended: Evidence[] = [];
  let voice: EndpointingState = quiet;
  for (let atMs = 20; (atMs - 1000) * 16 <= samples.length; atMs += 20) {
    const packet = new Int16Array(320);
    packet.set(samples.subarray((atMs - 20) * 16, atMs * 16));
    for (const window of meter.push(packet, atMs)) {
      const step = stepEndpointing(voice, { kind: 'window', ...window }, endpointRules);
      voice = step.voice;
      for (const effect of step.effects) if (effect.kind === 'ended') ended.push(effect.heard);
    }
  }
  return ended;
}

test.each(noises)('12 s of $name reach no recogniser', ({ samples }) => {
  expect(utterances(samples).filter(hasVoice)).toEqual([]);
});

test.each(['keyboard', 'breath'] as const)('20 s of %s at a desk reach no recogniser', (name) => {
  const atDesk: Pcm = { samples: makeNoise(name, 20, 1), rateHz: 48_000, channels: 1 };
  expect(utterances(resample(atDesk, 16_000).samples).filter(hasVoice)).toEqual([]);
});

test('an utterance is worth a recogniser by its length, its certainty and its level together', () => {
  const voice = { voicedMs: 90, spanMs: 90, meanProbability: 0.7, peakProbability: 0.85 };
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
