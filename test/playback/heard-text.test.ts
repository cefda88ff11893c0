import { expect, test } from 'vitest';
import { heardText } from '#src/playback/reply/sentences.ts';
import { fc } from '#test/properties.ts';

const said = (text: string, sentMs: number, soundMs = 1000, whole = true) => ({
  text,
  sentMs,
  soundMs,
  whole,
});

test('sentences that left in full are heard in full, one space between them', () => {
  expect(heardText([said('It is noon. ', 1000), said('Lunch is ready.', 1000)])).toBe(
    'It is noon. Lunch is ready.',
  );
});

test('a sentence that was cut is heard up to the last whole word', () => {
  expect(heardText([said('The capital of France is Paris.', 500)])).toBe('The capital of');
});

test('words are found in scripts without spaces', () => {
  expect(heardText([said('今日はとても良い天気ですね。', 500)])).toBe('今日はとても');
});

test('a sentence of which nothing left is not heard', () => {
  expect(heardText([said('One.', 1000), said('Two.', 0)])).toBe('One.');
});

test('the last 60 ms of a sentence hold no word', () => {
  expect(heardText([said('All of it.', 940)])).toBe('All of it.');
});

test('a sentence whose sound had not all come is measured by its length in letters', () => {
  const text = 'This sentence has just begun to sound, and most of it is still to come.';
  expect(heardText([said(text, 1000, 1000, false)])).toBe('This sentence');
});

test('what is heard is always a beginning of what was said', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), fc.nat(1500), fc.boolean(), (text, ms, whole) => {
      expect(text.trim().startsWith(heardText([said(text, Math.min(ms, 1000), 1000, whole)]))).toBe(
        true,
      );
    }),
  );
});
