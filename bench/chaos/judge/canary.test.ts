import { expect, test } from 'vitest';
import { sentenceIn, sentenceNumber, sentenceOf } from '#bench/chaos/people/sentences.ts';
import { answerText, canariesNamed, questionText } from '#bench/chaos/people/words.ts';
import { seededRandom } from '#sandbox/seeded-random.ts';
import { loadOpus } from '#src/audio/opus/load-opus.ts';
import { speech } from '#test/audio/speech.ts';
import { canariesIn, canariesOf, canarySound, marked } from './canary.ts';

const canary = { who: 5, number: 0xabc };

test('a question is known by its sound, through Opus and a fifth of the packets lost', async () => {
  const { samples } = marked(speech('human-cards-004'), canary);
  const [codec, random] = [await loadOpus(), seededRandom(1)];
  const [encoder, decoder] = [codec.encoder(16_000), codec.decoder(16_000)];
  const received: number[] = [];
  for (let n = 0; n + 320 <= samples.length; n += 320) {
    const sound = decoder.decode(encoder.encode(samples.subarray(n, n + 320)));
    received.push(...(random() < 0.2 ? new Int16Array(320) : sound));
  }
  expect(canariesOf(canariesIn(Int16Array.from(received)))).toEqual([canary]);
});

test('nothing is found in what only sounds like speech', () => {
  expect(canariesIn(speech('human-cards-005').samples)).toEqual([]);
});

test('an answer tells its beginning, its middle and its end', () => {
  const parts = canariesIn(canarySound(canary, 16_000, 16_000)).map(({ part }) => part);
  expect([...new Set(parts)]).toEqual([0, 1, 2]);
  expect(parts.toSorted()).toEqual(parts);
});

test('the words of a question lead back to it', () => {
  for (const number of [0, 17, 4095]) {
    const one = { who: 2, number };
    expect(canariesNamed(`${questionText(one)} ${answerText(canary)}`)).toEqual([one, canary]);
  }
});

test('a sentence that says why not is told from one that does not', () => {
  const sorry = "I can't think right now: 127.0.0.1:80 is not answering.";
  expect(sentenceIn(sorry)).toBe('fail.llm');
  expect(sentenceOf(sentenceNumber(sorry))).toBe('fail.llm');
  expect(sentenceIn('Reconnecting | Hearing: Adam')).toBe('panel.reconnecting');
  expect(sentenceIn('Listening | Hearing: Adam | No answer yet')).toBeUndefined();
});
