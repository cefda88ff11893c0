import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { resample } from '#src/audio/resample.ts';
import { loadSilero } from '#src/audio/voice/silero.ts';
import { VoiceActivity } from '#src/audio/voice/voice-activity.ts';
import { VoiceMeter } from '#src/audio/voice/voice-meter.ts';
import { readWav } from '#src/audio/wav.ts';
import type {
  EndpointingEffect,
  EndpointingEvent,
  EndpointingState,
} from '#src/turn/endpointing/endpointing.ts';
import { endpointRules, quiet, stepEndpointing } from '#src/turn/endpointing/endpointing.ts';
import { hasVoice } from '#src/turn/evidence.ts';

type Recording = { file: string; speechStartMs: number; speechEndMs: number };

const folder = 'test/fixtures/speech';
const recordings: Recording[] = JSON.parse(await readFile(`${folder}/manifest.json`, 'utf8'));
const weights = await loadSilero();

/** Events of a microphone that closes with the recording: packets of 20 ms, then none. */
function* listen(samples: Int16Array): Generator<EndpointingEvent> {
  const meter = new VoiceMeter(new VoiceActivity(weights));
  meter.push(new Int16Array(16_000), 0);
  for (
    let atMs = 20;
    atMs * 16 <= samples.length + 16 * endpointRules.textlessDelayMs;
    atMs += 20
  ) {
    const packet = samples.subarray((atMs - 20) * 16, atMs * 16);
    for (const window of meter.push(packet, atMs)) yield { kind: 'window', ...window };
    yield { kind: 'tick', atMs };
  }
}

test.each(recordings)('the words of $file are one turn', async (recording) => {
  const { samples } = resample(readWav(await readFile(`${folder}/${recording.file}`)), 16_000);
  const turns: EndpointingEffect[] = [];
  let voice: EndpointingState = quiet;
  for (const event of listen(samples)) {
    const step = stepEndpointing(voice, event, endpointRules);
    voice = step.voice;
    turns.push(...step.effects.filter(({ kind }) => kind === 'ended'));
  }
  expect(turns).toHaveLength(1);
  const [turn] = turns;
  if (turn?.kind !== 'ended') throw new Error('It did not end.');
  expect(hasVoice(turn.heard)).toBe(true);
  expect(Math.abs(turn.fromMs - recording.speechStartMs)).toBeLessThan(150);
  expect(Math.abs(turn.toMs - recording.speechEndMs)).toBeLessThan(200);
});
