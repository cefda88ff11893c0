import { expect, test } from 'vitest';
import { readTalk } from '#src/provider/realtime-reading.ts';

test.each([
  ['response.output_audio.delta', 'response.audio.delta', { delta: 'AAAA' }],
  ['response.output_audio_transcript.delta', 'response.audio_transcript.delta', { delta: 'Well' }],
  ['response.output_text.done', 'response.text.done', { text: 'Well' }],
  ['conversation.item.added', 'conversation.item.created', { item: { id: 'i', role: 'user' } }],
])('%s means the same under its former name', (present, former, fields) => {
  const of = { response_id: 'r', item_id: 'i', ...fields };
  const read = readTalk({ type: present, ...of });
  expect(read).toBeDefined();
  expect(readTalk({ type: former, ...of })).toEqual(read);
});

test('the first event tells which names a server uses', () => {
  const dialectOf = (session: unknown) => readTalk({ type: 'session.created', session });
  expect(dialectOf({ type: 'realtime', audio: {} })).toEqual({ kind: 'created', dialect: 'ga' });
  for (const session of [{ modalities: ['audio'] }, { input_audio_format: 'pcm16' }])
    expect(dialectOf(session)).toEqual({ kind: 'created', dialect: 'beta' });
  expect(dialectOf(null)).toEqual({ kind: 'created', dialect: 'ga' });
});

test.each([
  [{}],
  [{ type: 7 }],
  [{ type: 'toString' }],
  [{ type: '__proto__' }],
  [{ type: 'response.pictures.delta', delta: 'x' }],
])('what nobody needs is passed over: %j', (event) => {
  expect(readTalk(event)).toBeUndefined();
});

test('an answer whose end makes no sense has failed', () => {
  for (const response of [undefined, null, 7, {}, { status: 'dreamt', output: 'x', usage: [] }]) {
    const end = { status: 'failed', usage: undefined, calls: [] };
    expect(readTalk({ type: 'response.done', response })).toMatchObject({ kind: 'done', end });
  }
});

test('every event may lack every field', () => {
  for (const type of [
    'input_audio_buffer.committed',
    'conversation.item.added',
    'response.created',
    'response.output_item.added',
    'response.output_audio.delta',
    'response.function_call_arguments.done',
    'error',
  ])
    expect(() => readTalk({ type })).not.toThrow();
});
