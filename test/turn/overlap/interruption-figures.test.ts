import { expect, test } from 'vitest';
import {
  type InterruptionEvent,
  stepInterruption,
  uninterrupted,
} from '#src/turn/overlap/interruption.ts';
import { type InterruptionRules, interruptionRules } from '#src/turn/overlap/interruption-rules.ts';
import type { OverlapKind } from '#src/turn/overlap/interruption-words.ts';
import { answering, partial, runEvents, words } from './interruption-run.ts';

/**
 * A model, not a recording. Sounds of 120 to 400 ms, all lengths alike, that lose 20 dB in their last 80 ms; questions
 * of 1 to 3 s that dip by up to 20 dB four times a second. Voice activity notices the first window 60 to 100 ms after
 * the first voiced packet, and goes on for 64 ms at -30 dB. The words are there 184 ms after the voice.
 */
type Sound = { readonly lengthMs: number; readonly lagMs: number; readonly phase: number };

const count = 100;
const [packetMs, windowMs] = [20, 32];
const spread = (n: number, low: number, high: number) =>
  low + (((n * 61) % count) / count) * (high - low);
const lagOf = (n: number) => 60 + (((n * 37) % count) / count) * 40;
const soundsOf = (shortestMs: number, longestMs: number): Sound[] =>
  Array.from({ length: count }, (_, n) => ({
    lengthMs: spread(n, shortestMs, longestMs),
    lagMs: lagOf(n),
    phase: ((n * 17) % count) / count,
  }));
const interjections = soundsOf(120, 400);
const questions = soundsOf(1_000, 3_000);

function windows(sound: Sound, levelDb: (atMs: number) => number): InterruptionEvent[] {
  const { lengthMs, lagMs } = sound;
  const events: InterruptionEvent[] = [{ kind: 'began', personId: 'ann', fromMs: 0, atMs: lagMs }];
  for (let atMs = lagMs; atMs <= lengthMs + 64; atMs += packetMs) {
    const levelDbNow = atMs > lengthMs ? -50 : levelDb(atMs);
    const voicedMs = windowMs * (1 + Math.floor((atMs - lagMs) / windowMs));
    events.push({ kind: 'voiced', personId: 'ann', voicedMs, levelDb: levelDbNow, atMs });
  }
  return [...events, { kind: 'paused', personId: 'ann', atMs: lengthMs + 64 }];
}

const cough = (sound: Sound) =>
  windows(sound, (atMs) => -20 - Math.max(0, (atMs - sound.lengthMs + 80) / 4));
const question = (sound: Sound) =>
  windows(sound, (atMs) => -30 + 10 * Math.cos(2 * Math.PI * (atMs / 250 + sound.phase)));

/** When it paused, resumed and ended, counted from the first voiced packet. */
function fate(events: readonly InterruptionEvent[], rules: InterruptionRules): Map<string, number> {
  let state = stepInterruption(uninterrupted, answering('ann', 0), rules).state;
  const done = new Map<string, number>();
  for (const event of [...events].sort((a, b) => a.atMs - b.atMs)) {
    const step = stepInterruption(state, event, rules);
    state = step.state;
    for (const { kind } of step.effects) {
      if (kind === 'pause' && done.has('resume'))
        done.delete('resume'); // only the last pause lasts
      else if (kind !== 'pause' && done.has(kind)) continue;
      done.set(kind, event.atMs);
    }
  }
  return done;
}

function gaps(rules: InterruptionRules, proof?: OverlapKind): number {
  const fates = interjections.map((sound, n) => {
    const proven = proof && n % 2 ? [partial('ann', proof, 250)] : [];
    const last = words('ann', 'backchannel', sound.lengthMs + 184);
    return fate([...cough(sound), ...proven, last], rules);
  });
  expect(fates.filter((done) => done.has('stop') || done.has('yield'))).toEqual([]);
  const gapMs = (done: Map<string, number>) => (done.get('resume') ?? 0) - (done.get('pause') ?? 0);
  return fates.filter((done) => gapMs(done) > 60).length;
}

function pauses(rules: InterruptionRules, effect = 'pause'): readonly [p50: number, p95: number] {
  const all = questions.map((sound) => fate(question(sound), rules).get(effect) ?? 9_999);
  all.sort((a, b) => a - b);
  return [all[49] ?? 0, all[94] ?? 0];
}

/** By the length of the voice alone: what it would be without a look at how loud it is. */
const blunt = {
  ...interruptionRules,
  maxBelowPeakDb: 99,
  falseInterruptionDropDb: 99,
  voiceEndDropDb: 99,
};

test('of 100 interjections under 400 ms none stops it, and at most 10 make a gap over 60 ms', () => {
  expect(gaps(interruptionRules)).toBeLessThanOrEqual(10);
  expect(gaps(interruptionRules, 'backchannel')).toBeLessThanOrEqual(5);
  expect(gaps(blunt)).toBeGreaterThan(30);
});

test('a question without partial texts pauses it after 320 ms as a rule, and 400 at most', () => {
  const [p50, p95] = pauses(interruptionRules);
  expect(p50).toBeLessThanOrEqual(320);
  expect(p95).toBeLessThanOrEqual(400);
});

test('it is as loud as before within 400 ms after a sound, without any text', () => {
  const backMs = soundsOf(120, 300).map((sound) => {
    const done = runEvents([answering('ann', 0), ...cough(sound)], 2_000);
    expect(done.at(-1)?.kind).toBe('unduck');
    return (done.at(-1)?.atMs ?? 0) + interruptionRules.unduckOverMs - sound.lengthMs;
  });
  expect(Math.max(...backMs)).toBeLessThanOrEqual(400);
});

test('any voice makes it quieter within 130 ms', () => {
  expect(pauses(interruptionRules, 'duck')[1]).toBeLessThanOrEqual(130);
});
