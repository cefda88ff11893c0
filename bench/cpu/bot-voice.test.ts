import { expect, test } from 'vitest';
import { realClock } from '#src/base/clock.ts';
import { BotVoice } from './bot-voice.ts';

/** Packets every 20 ms from `fromMs` to `toMs`. */
function heard(voice: BotVoice, fromMs: number, toMs: number): void {
  for (let atMs = fromMs; atMs <= toMs; atMs += 20) voice.add({ audible: true, atMs });
}

test('an answer begins after a pause, and what was still sounding before is not taken for it', async () => {
  const voice = new BotVoice();
  heard(voice, 1_000, 1_600);
  const started = voice.startSince(1_500, 5_000);
  heard(voice, 1_620, 1_700);
  heard(voice, 2_000, 2_100);
  expect(await started).toBe(2_000);
});

test('silence frames are not heard, and an answer that began already is found', async () => {
  const voice = new BotVoice();
  voice.add({ audible: false, atMs: 900 });
  heard(voice, 1_000, 1_100);
  expect(await voice.startSince(500, 0)).toBe(1_000);
  expect(voice.packets).toBe(6);
});

test('nothing within the patience of whoever waits is no answer', async () => {
  const voice = new BotVoice();
  expect(await voice.startSince(0, 0)).toBeUndefined();
});

test('an answer is over once nothing of it was heard for a while', async () => {
  const voice = new BotVoice();
  const nowMs = realClock.nowMs();
  heard(voice, nowMs - 1_000, nowMs - 600);
  expect(voice.isHeard).toBe(false);
  await voice.quiet(400, AbortSignal.timeout(5_000));
  heard(voice, nowMs - 40, nowMs);
  expect(voice.isHeard).toBe(true);
  await voice.quiet(100, AbortSignal.timeout(5_000));
  expect(realClock.nowMs() - nowMs).toBeGreaterThanOrEqual(100);
});
