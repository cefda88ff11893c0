import { expect, test } from 'vitest';
import {
  isAskedTooEarly,
  isFaint,
  type SpeakingVoice,
  stoppedMs,
  withPacket,
} from '#src/turn/endpointing/speaking.ts';
import { readingAt, type Understood, understand } from '#src/turn/endpointing/understood.ts';
import { hasVoice, heardWindow, nothingHeard } from '#src/turn/evidence.ts';

const talking: SpeakingVoice = {
  kind: 'talking',
  fromMs: 0,
  isLongPause: false,
  likelyOver: false,
  lastVoiceMs: 1_000,
  lastLoudMs: 900,
  lastPacketMs: 1_000,
  heard: { ...nothingHeard, meanLevelDb: -30 },
};
const cut: Understood = {
  completeLogit: -1,
  lastWord: 'of',
  text: 'ten of',
  changedAtMs: 1_000,
  upToPause: true,
  revised: false,
};

test('a window is faint when it is more than 17 dB below the voice, and never without a level', () => {
  const rules = { faintDb: 17 };
  expect(isFaint(talking, -47, rules)).toBe(false);
  expect(isFaint(talking, -47.1, rules)).toBe(true);
  expect(isFaint(talking, undefined, rules)).toBe(false);
  expect(isFaint({ ...talking, heard: nothingHeard }, -90, rules)).toBe(false);
});

test('a voice stopped where it was last loud, but no longer ago than faint voice may last', () => {
  expect(stoppedMs(talking, { faintMs: 160 })).toBe(900);
  expect(stoppedMs(talking, { faintMs: 60 })).toBe(940);
});

test('a text that breaks off is asked again where up to 200 ms sounded between pause and silence frames', () => {
  const paused: SpeakingVoice = {
    ...talking,
    kind: 'paused',
    pausedAtMs: 1_000,
    mutedAtMs: 1_200,
    understood: cut,
  };
  expect(isAskedTooEarly(paused)).toBe(true);
  expect(isAskedTooEarly({ ...paused, mutedAtMs: 1_201 })).toBe(false);
  expect(isAskedTooEarly({ ...paused, mutedAtMs: 1_000 })).toBe(false);
  expect(isAskedTooEarly({ ...paused, mutedAtMs: undefined })).toBe(false);
  expect(isAskedTooEarly({ ...paused, kind: 'talking' })).toBe(false);
  expect(isAskedTooEarly({ ...paused, understood: { ...cut, completeLogit: -0.9 } })).toBe(false);
  expect(isAskedTooEarly({ ...paused, understood: { ...cut, upToPause: false } })).toBe(false);
  expect(isAskedTooEarly({ ...paused, understood: undefined })).toBe(false);
});

test('the first silence frame closes a microphone, and only a newer packet opens it', () => {
  const closed = withPacket(talking, { kind: 'silence-frame', atMs: 1_020 });
  expect(closed).toMatchObject({ mutedAtMs: 1_020, lastPacketMs: 1_020 });
  const again = withPacket(closed, { kind: 'silence-frame', atMs: 1_040 });
  expect(again).toMatchObject({ mutedAtMs: 1_020, lastPacketMs: 1_040 });
  expect(withPacket(again, { kind: 'window', atMs: 1_040 })).toBe(again);
  const open = withPacket(again, { kind: 'window', atMs: 1_041 });
  expect(open).toMatchObject({ mutedAtMs: undefined, lastPacketMs: 1_041 });
});

test('a tick is no packet', () => {
  expect(withPacket(talking, { kind: 'tick', atMs: 2_000 })).toBe(talking);
});

test('a text in a pause counts at once, and 120 ms after its last change if it is changed there', () => {
  const first = understand(undefined, { text: 'what time is it', atMs: 1_000 }, true);
  expect(first).toMatchObject({ upToPause: true, revised: false, changedAtMs: 1_000 });
  expect(readingAt(first, 1_000, 0)?.completeLogit).toBe(first.completeLogit);
  const same = understand(first, { text: 'what time is it', atMs: 1_050 }, true);
  expect(same).toMatchObject({ revised: false, changedAtMs: 1_000 });
  const other = understand(same, { text: 'what time is it now', atMs: 1_100 }, true);
  expect(other).toMatchObject({ revised: true, changedAtMs: 1_100 });
  expect(other.completeLogit).toBeGreaterThan(0);
  expect(readingAt(other, 1_219, 0)?.completeLogit).toBe(0);
  expect(readingAt(other, 1_220, 0)?.completeLogit).toBe(other.completeLogit);
  const kept = understand(other, { text: 'what time is it now', atMs: 1_300 }, true);
  expect(kept).toMatchObject({ revised: true, changedAtMs: 1_100 });
});

test('a text from before the pause counts once it rested for 300 ms and nothing was said for as long', () => {
  const partial = understand(undefined, { text: 'what time is it', atMs: 1_000 }, false);
  expect(partial).toMatchObject({ upToPause: false, revised: false });
  expect(readingAt(partial, 1_299, 300)).toBeUndefined();
  expect(readingAt(partial, 1_300, 299)).toBeUndefined();
  expect(readingAt(partial, 1_300, 300)).toEqual({
    completeLogit: partial.completeLogit,
    lastWord: 'it',
  });
});

test('of an older text that is unfinished half is believed at once', () => {
  const partial = understand(undefined, { text: 'the capital of', atMs: 1_000 }, false);
  expect(partial.completeLogit).toBeLessThan(0);
  expect(readingAt(partial, 1_000, 0)).toEqual({
    completeLogit: partial.completeLogit / 2,
    lastWord: 'of',
  });
});

test('a text without a word tells nothing about the end, and neither does none', () => {
  expect(readingAt(understand(undefined, { text: '', atMs: 0 }, true), 900, 900)).toBeUndefined();
  expect(readingAt(undefined, 900, 900)).toBeUndefined();
});

test('what was heard is the mean of all voiced windows, its level of those that have one', () => {
  const one = heardWindow(nothingHeard, { probability: 0.6 }, 32);
  expect(one).toEqual({ voicedMs: 32, spanMs: 0, meanProbability: 0.6, peakProbability: 0.6 });
  const two = heardWindow(one, { probability: 1, levelDb: -20 }, 32);
  expect(two).toMatchObject({ voicedMs: 64, peakProbability: 1, meanLevelDb: -20 });
  expect(two.meanProbability).toBeCloseTo(0.8, 9);
  const three = heardWindow(two, { probability: 0.8, levelDb: -50 }, 32);
  expect(three.meanLevelDb).toBeCloseTo(-30, 9);
  const silent = heardWindow(three, { probability: 0.8, levelDb: Number.NEGATIVE_INFINITY }, 32);
  expect(silent.meanLevelDb).toBeCloseTo(-30, 9);
  expect(silent.peakProbability).toBe(1);
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
