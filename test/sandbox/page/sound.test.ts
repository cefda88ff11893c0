import { expect, test } from 'vitest';
import { HeardMix } from '#sandbox/page/heard-mix.ts';
import { PaceLimit } from '#sandbox/page/pace.ts';
import { readSoundFrame, writeHeardFrame } from '#sandbox/page/sound-frames.ts';
import type { HeardFrame } from '#sandbox/voice/voice-ports.ts';

/** A frame of the page's microphone. */
function frame(kind: number, payload: Uint8Array): ArrayBuffer {
  const bytes = new Uint8Array(13 + payload.length);
  bytes[0] = kind;
  bytes.set(payload, 13);
  return bytes.buffer;
}

test('a frame holds 20 ms of PCM', () => {
  const pcm = Buffer.alloc(1920);
  pcm.writeInt16LE(-300, 4);
  const read = readSoundFrame(frame(2, pcm));
  expect(read.kind === 'sound' && [...read.sound.subarray(0, 4)]).toEqual([0, 0, -300, 0]);
});

test.each([
  ['text', 'hello', 1003, 'Sound comes as binary frames.'],
  ['too much', frame(2, new Uint8Array(5000)), 1009, 'A frame of sound is at most 4 KiB.'],
  [
    'an unknown kind',
    frame(9, Buffer.of(1)),
    1007,
    'A frame of sound is of kind 2 (PCM) or 5 (the end).',
  ],
  [
    'half a frame of PCM',
    frame(2, new Uint8Array(960)),
    1007,
    'A frame of kind 2 is 20 ms of 16 bit PCM at 48 kHz mono.',
  ],
])('%s is no frame of sound, with a code and a sentence', (_what, data, code, reason) => {
  expect(readSoundFrame(data)).toEqual({ kind: 'malformed', code, reason });
});

test('a head of kind 5 alone is the end of what was said', () => {
  expect(readSoundFrame(frame(5, new Uint8Array()))).toEqual({ kind: 'end' });
});

test('what the page is to play has a head of 13 bytes', () => {
  const bytes = Buffer.from(writeHeardFrame(2 ** 32 + 7, 12.5, Int16Array.of(1, -2)));
  expect([bytes.readUInt8(0), bytes.readUInt32LE(1), bytes.readDoubleLE(5)]).toEqual([4, 7, 12.5]);
  expect([bytes.readInt16LE(13), bytes.readInt16LE(15), bytes.length]).toEqual([1, -2, 17]);
});

test('as fast as time is never too fast, a second may come at once, and more is', () => {
  const pace = new PaceLimit({ perSecond: 51, burst: 50 });
  const steady = Array.from({ length: 3000 }, (_, n) => pace.take(n * 20));
  expect(steady.every(Boolean)).toBe(true);
  const burst = Array.from({ length: 60 }, () => pace.take(61_000));
  expect(burst.indexOf(false)).toBe(50);
  const twice = new PaceLimit({ perSecond: 51, burst: 50 });
  const fast = Array.from({ length: 200 }, (_, n) => twice.take(n * 10));
  expect(fast).toContain(false);
});

function heard(fromUserId: string, atMs: number, level: number): HeardFrame {
  const samples = new Int16Array(960).fill(level);
  return { fromUserId, atMs, samples, audible: true, sealed: true };
}
const levels = (frames: readonly Int16Array[]) => frames.map(([first]) => first);

test('one who speaks is played as they come, and who joins in is added to them', () => {
  const mix = new HeardMix();
  expect(levels(mix.accept(heard('bot', 0, 100)))).toEqual([100]);
  expect(levels(mix.accept(heard('ben', 5, 7)))).toEqual([]);
  expect(levels(mix.accept(heard('bot', 20, 200)))).toEqual([207]);
  expect(levels(mix.accept(heard('ben', 25, 30_000)))).toEqual([]);
  expect(levels(mix.accept(heard('bot', 40, 30_000)))).toEqual([32_767]);
});

test('when the first falls silent, the other goes on without a gap', () => {
  const mix = new HeardMix();
  mix.accept(heard('bot', 0, 100));
  expect(levels(mix.accept(heard('ben', 30, 1)))).toEqual([]);
  expect(levels(mix.accept(heard('ben', 50, 2)))).toEqual([]);
  expect(levels(mix.accept(heard('ben', 70, 3)))).toEqual([1, 2, 3]);
  expect(levels(mix.accept(heard('ben', 90, 4)))).toEqual([4]);
});
