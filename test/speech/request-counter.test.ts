import { expect, test } from 'vitest';
import { servedBy } from '#src/provider/models/served-by.ts';
import { heardCount } from '#src/speech/fallbacks/request-counter.ts';
import { transcriptOf } from '#src/speech/openai/transcript-reply.ts';
import { readHeard } from '#src/speech/realtime/realtime-events.ts';
import { TranscriptParts } from '#src/speech/realtime/realtime-parts.ts';

const by = servedBy('hears', 'http://127.0.0.1:1');

test('servers count an utterance in seconds or in tokens, and those are of sound unless they say otherwise', () => {
  expect(heardCount({ type: 'duration', seconds: 1.5 })).toEqual({ kind: 'heard', ms: 1_500 });
  const tokens = { type: 'tokens', input_tokens: 14, output_tokens: 5, total_tokens: 19 };
  const all = { kind: 'tokens', inputTokens: 14, outputTokens: 5, audioInputTokens: 14 };
  expect(heardCount(tokens)).toEqual(all);
  const detailed = { ...tokens, input_token_details: { audio_tokens: 10, text_tokens: 4 } };
  expect(heardCount(detailed)).toEqual({ ...all, audioInputTokens: 10 });
});

test('what is no count is none', () => {
  const wrong = [
    undefined,
    null,
    3,
    {},
    { type: 'tokens' },
    { type: 'duration' },
    { type: 'duration', seconds: -1 },
    { type: 'duration', seconds: 0 },
    { type: 'tokens', input_tokens: '14' },
    { type: 'tokens', input_tokens: Number.NaN, output_tokens: 1 },
  ];
  expect(wrong.map(heardCount)).toEqual(wrong.map(() => undefined));
});

test('a transcript comes with what its server counted', () => {
  const usage = { type: 'duration', seconds: 2 };
  expect(transcriptOf({ text: 'two', usage }, undefined)).toEqual({
    text: 'two',
    usage: { count: { kind: 'heard', ms: 2_000 } },
  });
  expect(transcriptOf(JSON.stringify({ text: 'two' }), undefined)).toEqual({ text: 'two' });
});

/** An utterance of two stretches, of which each may be counted. */
function twoParts(...seconds: readonly (number | undefined)[]) {
  const parts = new TranscriptParts(() => undefined);
  const hear = (at: number) => {
    parts.cut(16_000 * (at + 1));
    for (const part of parts.waiting()) part.state = 'sent';
    parts.hear({ kind: 'committed', itemId: `item_${at}` });
    const usage = { type: 'duration', seconds: seconds[at] };
    const type = 'conversation.item.input_audio_transcription.completed';
    const event = readHeard({ type, item_id: `item_${at}`, transcript: 'a', usage });
    if (event?.kind === 'completed') parts.hear(event);
  };
  return { parts, hear };
}

test('of an utterance in several stretches each is counted once, however often its text is asked for', () => {
  const { parts, hear } = twoParts(1, 2);
  hear(0);
  const [first, again] = [parts.transcript(undefined, by), parts.transcript(undefined, by)];
  hear(1);
  const last = parts.transcript(undefined, by);
  expect([first, again, last].map(({ usage }) => usage)).toEqual([
    { by, count: { kind: 'heard', ms: 1_000 } },
    { by },
    { by, count: { kind: 'heard', ms: 2_000 } },
  ]);
});

test('where one of several stretches is not counted, none of them is', () => {
  const { parts, hear } = twoParts(1, undefined);
  hear(0);
  hear(1);
  expect(parts.transcript(undefined, by)).toEqual({ text: 'a a', usage: { by } });
});
