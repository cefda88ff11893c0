import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { soundOf } from '#test/contracts/synthesizer.ts';
import { begin, finish, openReader, pcmOf, type RealtimeReader, usualReader } from './reader.ts';

const staying = new AbortController().signal;
const one = 'The quick brown fox jumps.';
let reader: RealtimeReader;
const opened: RealtimeReader['opened'] = (more) => reader.opened(more);
const lastCall = () => reader.lastCall();
beforeAll(async () => {
  reader = await openReader();
});
beforeEach(() => reader.server.set(usualReader));
afterAll(() => reader[Symbol.asyncDispose]());

test.each([
  ['fail', 'provider.refused', /did not answer: server_error\./],
  ['incomplete', 'provider.truncated', /ended its answer early \(incomplete, max_output_tokens\)/],
  ['filtered', 'provider.refused', /content_filter/],
  ['silence', 'provider.empty', /sent no sound/],
] as const)('a response that ends as %s is %s', async (ends, code, message) => {
  reader.server.set({ aloud: () => ({ ends }) });
  using engine = opened();
  const failed = soundOf(engine, one);
  await expect(failed).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
  reader.server.set(usualReader);
  expect(await soundOf(engine, one)).toEqual(pcmOf(one));
});

test('a connection that breaks before a text sounded is not used again, and the text may be asked for once more', async () => {
  let drops = 1;
  reader.server.set({ aloud: () => (drops-- > 0 ? { ends: 'drop', endsAfter: 0 } : {}) });
  using engine = opened();
  await expect(soundOf(engine, one)).rejects.toMatchObject({ retryable: true });
  expect(await soundOf(engine, one)).toEqual(pcmOf(one));
});

test('one that breaks after the first sound is not read again', async () => {
  reader.server.set({ aloud: () => ({ ends: 'stall', endsAfter: 2 }) });
  using engine = opened();
  const sound = await begin(engine, one, staying);
  const asked = lastCall().aloud.length;
  reader.server.dropAll();
  await expect(finish(sound)).rejects.toMatchObject({ code: 'provider.truncated' });
  expect(lastCall().aloud.length).toBe(asked);
});
