import { expect, test } from 'vitest';
import { durationMs } from '#src/audio/pcm.ts';
import { Recording } from '#src/audio/voice/recording.ts';

const ms = (length: number, value = 0) => new Int16Array(length * 16).fill(value);

function pushFor(recording: Recording, lengthMs: number, value: number): void {
  for (let at = 0; at < lengthMs; at += 20) recording.push(ms(20, value));
}

test('an utterance starts with the 400 ms before its voice was noticed', () => {
  const recording = new Recording();
  pushFor(recording, 2000, 1);
  recording.begin();
  pushFor(recording, 400, 2);
  recording.voiced();
  const taken = recording.take();
  expect(durationMs(taken)).toBe(800);
  expect([taken.samples[0], taken.samples.at(-1)]).toEqual([1, 2]);
});

test('an utterance keeps 200 ms after its last voice and drops the rest', () => {
  const recording = new Recording();
  recording.begin();
  pushFor(recording, 400, 2);
  recording.voiced();
  pushFor(recording, 500, 3);
  expect(durationMs(recording.take())).toBe(600);
});

test('what follows the cut is the past of the next utterance', () => {
  const recording = new Recording();
  recording.begin();
  pushFor(recording, 100, 2);
  recording.voiced();
  pushFor(recording, 400, 3);
  recording.take();
  recording.begin();
  pushFor(recording, 100, 4);
  recording.voiced();
  expect(durationMs(recording.take())).toBe(300);
});

test('a recording of hours of silence stays 400 ms long', () => {
  const recording = new Recording();
  pushFor(recording, 60_000, 0);
  recording.begin();
  expect(durationMs(recording.take())).toBeLessThanOrEqual(420);
});
