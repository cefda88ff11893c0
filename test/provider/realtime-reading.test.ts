import { expect, test } from 'vitest';
import { readTalk } from '#src/provider/realtime-reading.ts';

test('the greeting tells a server with the former interface', () => {
  const greeting = (session: unknown) => readTalk({ type: 'session.created', session });
  expect(greeting({ type: 'realtime', audio: {} })).toEqual({ kind: 'created', isBeta: false });
  for (const session of [{ modalities: ['audio'] }, { input_audio_format: 'pcm16' }])
    expect(greeting(session)).toEqual({ kind: 'created', isBeta: true });
  expect(greeting(null)).toEqual({ kind: 'created', isBeta: false });
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
