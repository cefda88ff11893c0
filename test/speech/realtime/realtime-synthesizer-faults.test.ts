import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { Secret } from '#src/base/secret.ts';
import { soundOf } from '#test/contracts/synthesizer.ts';
import type { TalkSettings } from '#test/fakes/providers/realtime-call.ts';
import { begin, finish, openReader, pcmOf, type RealtimeReader, usualReader } from './reader.ts';

const staying = new AbortController().signal;
const [one, two] = ['The quick brown fox jumps.', 'A lazy dog sleeps on and on.'] as const;
let reader: RealtimeReader;
const opened: RealtimeReader['opened'] = (more) => reader.opened(more);
const lastCall = () => reader.lastCall();
const lastAloud = () => reader.lastAloud();

beforeAll(async () => {
  reader = await openReader();
});
beforeEach(() => reader.server.set(usualReader));
afterAll(() => reader[Symbol.asyncDispose]());

test('a server that knows no cancelling is left for a new connection', async () => {
  reader.server.set({
    deafToCancel: true,
    aloud: (text) => (text === two ? { ends: 'stall' } : {}),
  });
  using engine = opened({ limits: { cancelMs: 30 } });
  const sound = await begin(engine, two, staying);
  const left = lastCall();
  await sound.return?.();
  await expect.poll(() => left.isClosed).toBe(true);
  expect(await soundOf(engine, one)).toEqual(pcmOf(one));
  expect(lastCall()).not.toBe(left);
});

test.each([
  ['fail', 'provider.refused', /did not answer: server_error\./],
  ['incomplete', 'provider.truncated', /ended its speech early \(incomplete, max_output_tokens\)/],
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

test('silence before the first sound and in the middle ends it in time', async () => {
  using hasty = opened({ limits: { firstMs: 60 } });
  reader.server.set({ aloud: () => ({ ends: 'mute' }) });
  await expect(soundOf(hasty, one)).rejects.toMatchObject({
    code: 'provider.late',
    message: expect.stringContaining('did not speak in time'),
  });
  using restless = opened({ limits: { idleMs: 60 } });
  reader.server.set({ aloud: () => ({ ends: 'stall', endsAfter: 2 }) });
  await expect(soundOf(restless, one)).rejects.toMatchObject({
    message: expect.stringContaining('stopped in the middle of its speech'),
  });
});

test('what is still read over a connection that was replaced ends with the voice', async () => {
  reader.server.set({ deafToCancel: true, aloud: () => ({ ends: 'stall', endsAfter: 2 }) });
  const engine = opened({ limits: { cancelMs: 10 } });
  const [left, kept] = [await begin(engine, one, staying), await begin(engine, two, staying)];
  const former = lastCall();
  await left.return?.();
  const isCancelled = () => former.commands.some(({ type }) => type === 'response.cancel');
  await expect.poll(isCancelled).toBe(true); // by then it was deaf
  reader.server.set(usualReader);
  await expect.poll(() => soundOf(engine, one).then(lastCall)).not.toBe(former);
  expect(former.isClosed).toBe(false);
  engine[Symbol.dispose]();
  await expect.poll(() => former.isClosed).toBe(true);
  await expect(finish(kept)).rejects.toMatchObject({ code: 'provider.unreachable' });
});

test('a connection that breaks before a text sounded is replaced, and the text is read once', async () => {
  let drops = 1;
  reader.server.set({ aloud: () => (drops-- > 0 ? { ends: 'drop', endsAfter: 0 } : {}) });
  using engine = opened();
  expect(await soundOf(engine, one)).toEqual(pcmOf(one));
  reader.server.dropAll(1001, 'Your session hit the maximum duration.');
  expect(await soundOf(engine, two)).toEqual(pcmOf(two));
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

test('a server that drops every connection is tried twice', async () => {
  reader.server.set({ aloud: () => ({ ends: 'drop', endsAfter: 0 }) });
  const before = reader.server.calls.length;
  using engine = opened();
  await expect(soundOf(engine, one)).rejects.toMatchObject({ code: 'provider.truncated' });
  expect(reader.server.calls.length).toBe(before + 2);
});

test('what nobody takes keeps the server from sending', async () => {
  const long = Array.from({ length: 30 }, (_, n) => `word${n}`)
    .join(' ')
    .slice(0, 150);
  using engine = opened();
  await soundOf(engine, 'Yes.');
  reader.server.set({ aloud: () => ({ text: long.repeat(20) }) });
  const sound = await begin(engine, long, staying);
  await expect.poll(() => lastCall().waitingBytes()).toBeGreaterThan(100_000);
  expect(await finish(sound)).toBeGreaterThan(60_000);
});

test('while another text is waited for, one that nobody takes ends after 10 s of sound', async () => {
  const aloud: TalkSettings['aloud'] = (text) =>
    text === one ? { text: `${one} `.repeat(40) } : { ends: 'stall', endsAfter: 1 };
  reader.server.set({ aloud });
  using engine = opened();
  const waiting = new AbortController();
  const other = await begin(engine, two, waiting.signal);
  const next = other.next();
  next.catch(() => {});
  const sound = await begin(engine, one, staying);
  await expect.poll(() => lastAloud().isCancelled).toBe(true);
  await expect(finish(sound)).rejects.toMatchObject({
    code: 'provider.truncated',
    message: expect.stringContaining('10 s of speech that was not read'),
  });
  waiting.abort(new Error('enough'));
  await expect(next).rejects.toThrow('enough');
});

test('a key that is refused is told as that, and never repeated', async () => {
  using engine = opened({ apiKey: new Secret('canary-1234') });
  const failed = soundOf(engine, one);
  await expect(failed).rejects.toMatchObject({ code: 'provider.bad_key' });
  await expect(failed).rejects.not.toMatchObject({ message: expect.stringContaining('canary') });
});

test('a connection is replaced before its server ends it, and read to its end', async () => {
  reader.server.set({ soundSpeed: 30 });
  using engine = opened({ limits: { oldestMs: 100 } });
  const sound = await begin(engine, two, staying);
  const former = lastCall();
  await expect.poll(() => soundOf(engine, 'Yes.').then(lastCall)).not.toBe(former);
  expect(await finish(sound)).toBeGreaterThan(1000);
  await expect.poll(() => former.isClosed).toBe(true);
});

test('an error that names nobody is believed if nothing else comes', async () => {
  using engine = opened();
  await soundOf(engine, one);
  reader.server.set({ aloud: () => ({ ends: 'mute', complains: true }) });
  await expect(soundOf(engine, one)).rejects.toMatchObject({
    code: 'provider.refused',
    about: { serverWords: expect.stringContaining('Something is wrong') },
  });
});
