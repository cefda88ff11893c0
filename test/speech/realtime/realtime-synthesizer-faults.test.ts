import { collectSound } from '#test/contracts/synthesizer-contract.ts';
import {
  beginReading,
  finishReading,
  makePcm,
  openReader,
  type RealtimeReader,
  usualReaderSettings,
} from './open-reader.ts';

const staying = new AbortController().signal;
const text = 'The quick brown fox jumps.';
let reader: RealtimeReader;
const opened: RealtimeReader['openReader'] = (overrides) =>
  reader.openReader(overrides);
const lastCall = () => reader.lastCall();
beforeAll(async () => {
  reader = await openReader();
});
beforeEach(() => reader.server.set(usualReaderSettings));
afterAll(() => reader[Symbol.asyncDispose]());

test.each([
  ['fail', 'provider.refused', /did not answer: server_error\./],
  [
    'incomplete',
    'provider.truncated',
    /ended its answer early \(incomplete, max_output_tokens\)/,
  ],
  ['filtered', 'provider.refused', /content_filter/],
  ['silence', 'provider.empty', /sent no sound/],
] as const)('a response that ends as %s is %s', async (ends, code, message) => {
  reader.server.set({ speakAloud: () => ({ ends }) });
  using engine = opened();
  await expect(collectSound(engine, text)).rejects.toMatchObject({
    code,
    message: expect.stringMatching(message),
  });
  reader.server.set(usualReaderSettings);
  expect(await collectSound(engine, text)).toEqual(makePcm(text));
});

test('a connection that breaks before a text sounded is not used again, and the text may be asked for once more', async () => {
  let drops = 1;
  reader.server.set({
    speakAloud: () => (drops-- > 0 ? { ends: 'drop', endsAfter: 0 } : {}),
  });
  using engine = opened();
  await expect(collectSound(engine, text)).rejects.toMatchObject({ retryable: true });
  expect(await collectSound(engine, text)).toEqual(makePcm(text));
});

test('one that breaks after the first sound is not read again', async () => {
  reader.server.set({ speakAloud: () => ({ ends: 'stall', endsAfter: 2 }) });
  using engine = opened();
  const sound = await beginReading(engine, text, staying);
  const askedCount = lastCall().aloud.length;
  reader.server.dropAll();
  await expect(finishReading(sound)).rejects.toMatchObject({
    code: 'provider.truncated',
  });
  expect(lastCall().aloud.length).toBe(askedCount);
});
