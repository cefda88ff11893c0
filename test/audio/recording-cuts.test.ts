import { expect, test } from 'vitest';
import { RecordingCuts, type SpeechSpan } from '#src/audio/voice/recording-cuts.ts';

/** Spans of a recording by who speaks how long, in ms: positive a voice, negative a pause. */
function spansOf(parts: readonly number[], voice: (window: number) => number = () => 0.9) {
  const cuts = new RecordingCuts();
  const spans: SpeechSpan[] = [];
  let window = 0;
  for (const ms of parts) {
    for (let n = 0; n < Math.abs(ms) / 32; n++) {
      const span = cuts.next(ms > 0 ? voice(window) : 0.01);
      window++;
      if (span) spans.push(span);
    }
  }
  const last = cuts.end();
  return last ? [...spans, last] : spans;
}

test('what holds no voice is in no span', () => {
  expect(spansOf([-60_000])).toEqual([]);
});

test('a span has a little before its first voice, and after its last', () => {
  expect(spansOf([-3_200, 3_200, -3_200])).toEqual([{ fromMs: 2_800, toMs: 6_600 }]);
  expect(spansOf([320])).toEqual([{ fromMs: 0, toMs: 320 }]);
});

test('sentences with short pauses stay together, up to half a minute', () => {
  const sentences = Array(10).fill([3_200, -640]).flat();
  const spans = spansOf(sentences);
  expect(spans.every(({ fromMs, toMs }) => toMs - fromMs <= 30_000)).toBe(true);
  expect(spans.length).toBeLessThan(6);
  expect(spans[0]?.fromMs).toBe(0);
});

test('a long pause ends a span, however short it is', () => {
  expect(spansOf([960, -1_600, 960])).toEqual([
    { fromMs: 0, toMs: 1_160 },
    { fromMs: 2_160, toMs: 3_520 },
  ]);
});

test('who never pauses is cut where a voice is least likely, and nothing is lost or twice', () => {
  const quiet = 27_008 / 32;
  const spans = spansOf([64_000], (window) => (window === quiet ? 0.4 : 0.9));
  expect(spans[0]).toEqual({ fromMs: 0, toMs: 27_008 });
  expect(spans.every(({ fromMs, toMs }) => toMs - fromMs <= 30_000)).toBe(true);
  expect(spans.slice(1).every(({ fromMs }, n) => fromMs === spans[n]?.toMs)).toBe(true);
  expect(spans.at(-1)?.toMs).toBe(64_000);
});
