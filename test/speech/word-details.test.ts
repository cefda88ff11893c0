import { expect, test } from 'vitest';
import { servedBy } from '#src/provider/models/served-by.ts';
import { transcriptOf } from '#src/speech/openai/transcript-reply.ts';
import { wordDetails } from '#src/speech/openai/word-details.ts';
import { readHeard } from '#src/speech/realtime/realtime-events.ts';
import { TranscriptParts } from '#src/speech/realtime/realtime-parts.ts';
import { fc } from '#test/properties.ts';

const timed = [
  { word: ' two', start: 0.1, end: 0.42, probability: 0.9 },
  { word: 'nine', start: 0.42, end: 0.8 },
];

test('times of words are told where a server tells them, and how sure it is', () => {
  const reply = { text: 'two nine', words: timed, segments: [{ avg_logprob: Math.log(0.5) }] };
  const transcript = transcriptOf(JSON.stringify(reply), 'en');
  expect(transcript).toMatchObject({
    text: 'two nine',
    words: [
      { text: 'two', startMs: 100, endMs: 420, confidence: 0.9 },
      { text: 'nine', startMs: 420, endMs: 800 },
    ],
  });
  expect(transcript.confidence).toBeCloseTo(0.5);
});

test('the sureness of tokens goes before that of segments', () => {
  const logprobs = [{ logprob: Math.log(0.25) }, { logprob: Math.log(1) }];
  const { confidence } = wordDetails({ logprobs, segments: [{ avg_logprob: 0 }] });
  expect(confidence).toBeCloseTo(0.5);
});

test.each([
  ['are none', { words: [] }],
  ['are no list', { words: 'two', segments: {}, logprobs: 5 }],
  ['go back in time', { words: [timed[1], timed[0]] }],
  ['end before they begin', { words: [{ word: 'two', start: 2, end: 1 }] }],
  ['are negative', { words: [{ word: 'two', start: -1, end: 1 }] }],
  ['have times in strings', { words: [{ word: 'two', start: '0', end: '1' }] }],
  ['are millions', { words: Array.from({ length: 5_000 }, () => timed[0]) }],
  ['last for hours', { words: [{ word: 'two', start: 0, end: 1e9 }] }],
  ['are surer than sure', { segments: [{ avg_logprob: 3 }], logprobs: [{ logprob: 'NaN' }] }],
])('words that %s are left out', (_, reply) => {
  expect(transcriptOf({ text: 'two', ...reply }, undefined)).toEqual({ text: 'two' });
});

test('whatever a server tells, what is taken over can be', () => {
  const number = fc.oneof(fc.double(), fc.string(), fc.constant(null));
  const word = fc.record({ word: fc.string(), start: number, end: number, probability: number });
  const any = fc.record({
    words: fc.oneof(fc.anything(), fc.array(word)),
    segments: fc.oneof(fc.anything(), fc.array(fc.record({ avg_logprob: number }))),
    logprobs: fc.oneof(fc.anything(), fc.array(fc.record({ logprob: number }))),
  });
  fc.assert(
    fc.property(any, (reply) => {
      const { confidence = 0, words = [] } = wordDetails(reply);
      expect(confidence >= 0 && confidence <= 1).toBe(true);
      for (const { startMs, endMs, confidence: sure = 0 } of words) {
        expect(startMs >= 0 && endMs >= startMs && sure >= 0 && sure <= 1).toBe(true);
      }
    }),
    { numRuns: 100 },
  );
});

test('over Realtime the words of each stretch count from the beginning of the utterance', () => {
  const parts = new TranscriptParts(() => undefined);
  const send = (toSample: number) => {
    parts.cut(toSample);
    for (const part of parts.waiting()) part.state = 'sent';
  };
  const complete = (itemId: string, transcript: string) => {
    parts.hear({ kind: 'committed', itemId });
    const type = 'conversation.item.input_audio_transcription.completed';
    const logprobs = [{ logprob: Math.log(0.5) }];
    const words = [{ word: transcript, start: 0.5, end: 0.9 }];
    const event = readHeard({ type, item_id: itemId, transcript, logprobs, words });
    if (event) parts.hear(event);
  };
  send(16_000);
  complete('a', 'two');
  send(32_000);
  complete('b', 'nine');
  const transcript = parts.transcript('en', servedBy('m', 'http://127.0.0.1'));
  expect(transcript).toMatchObject({
    text: 'two nine',
    words: [
      { text: 'two', startMs: 500, endMs: 900 },
      { text: 'nine', startMs: 1_500, endMs: 1_900 },
    ],
  });
  expect(transcript.confidence).toBeCloseTo(0.5);
});

test('JSON that is cut off is no words, and a bare text in brackets is', () => {
  expect(() => transcriptOf('{"text": "half of', 'en')).toThrow(
    expect.objectContaining({ code: 'provider.truncated' }),
  );
  expect(transcriptOf('[Music]', undefined)).toEqual({ text: '[Music]' });
});
