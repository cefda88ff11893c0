import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { makeNoise } from '#bench/turns/noises.ts';
import type { Pcm } from '#src/audio/pcm.ts';
import { resample } from '#src/audio/resample.ts';
import { loadSilero } from '#src/audio/voice/silero.ts';
import { VoiceActivity } from '#src/audio/voice/voice-activity.ts';
import { VoiceMeter } from '#src/audio/voice/voice-meter.ts';
import { readWav } from '#src/audio/wav.ts';
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

test.each(noises.filter(({ name }) => name !== 'a gliding lead'))(
  '12 s of $name reach no recogniser',
  ({ samples }) => {
    expect(utterances(samples).filter(hasVoice)).toEqual([]);
  },
);

test.each(['keyboard', 'breath'] as const)('20 s of %s at a desk reach no recogniser', (name) => {
  const atDesk: Pcm = { samples: makeNoise(name, 20, 1), rateHz: 48_000, channels: 1 };
  expect(utterances(resample(atDesk, 16_000).samples).filter(hasVoice)).toEqual([]);
});

test('of a lead that glides like a voice at most two of eight phrases reach a recogniser', () => {
  const lead = noises.find(({ name }) => name === 'a gliding lead');
  if (!lead) throw new Error('There is no such noise.');
  expect(utterances(lead.samples).filter(hasVoice).length).toBeLessThanOrEqual(2);
});

/** From the label on: the first word or so of each recording, alone in silence. */
const openings = [
  ['human-cards-001', 180],
  ['human-cards-003', 100],
  ['human-cards-004', 230],
  ['human-goforward', 500],
  ['synth-flite-slt-what-time-is-it', 420],
] as const;

test.each(openings)('the first 300 ms of %s are voice enough', async (file, fromMs) => {
  const wav = readWav(await readFile(`test/fixtures/speech/${file}.wav`));
  const { samples } = resample(wav, 16_000);
  const alone = new Int16Array(16_000);
  alone.set(samples.subarray((fromMs - 50) * 16, (fromMs + 300) * 16), 3200);
  expect(utterances(alone).filter(hasVoice)).toHaveLength(1);
});
