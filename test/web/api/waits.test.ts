import { once } from 'node:events';
import { connect } from 'node:net';
import { setImmediate } from 'node:timers/promises';
import { toGuildId } from '#src/base/ids.ts';
import { passTime } from '#test/conversation/setup/session-fixture.ts';
import {
  listTitles,
  manager,
  openSetup,
} from '#test/conversation/setup/tracks-fixture.ts';
import { expectRefusal, makeProgramPorts, openApi, openLoopback } from './api-setup.ts';

/** A session with tracks and texts, asked over HTTP on loopback. */
async function openSession() {
  await using stack = new AsyncDisposableStack();
  const fixture = await openSetup(undefined, { addressing: 'off' });
  const { talk, tracks } = fixture;
  const api = stack.use(
    await openApi(makeProgramPorts({ more: { tracks, typed: talk } })),
  );
  await api.add('band', { guildId: toGuildId('g'), scopes: ['say', 'track'] });
  const { url } = stack.use(await openLoopback(api.app));
  const all = stack.move();
  return {
    api,
    fixture,
    url,
    post: (path: string, body: object, signal?: AbortSignal) =>
      fetch(`${url}/v1/servers/g/${path}`, {
        method: 'POST',
        headers: { authorization: 'Bearer band', 'content-type': 'application/json' },
        body: JSON.stringify(body),
        signal: signal ?? null,
      }),
    skip: (track: string) =>
      tracks.changeTracks(toGuildId('g'), manager, { kind: 'skip' }, track),
    [Symbol.asyncDispose]: () => all[Symbol.asyncDispose](),
  };
}

test.each([
  ['tracks', { sound: 'rain' }, 'main', { track: 'main', title: 'rain' }],
  ['say', { text: 'Hello.', track: 'news' }, 'news', { ahead: 0, track: 'news' }],
  ['say', { text: 'Hello.' }, 'voice', { ahead: 0 }],
])(
  'with wait %s is answered when that was heard or ended, and without it at once: %j',
  async (path, body, track, place) => {
    await using session = await openSession();
    expect(await (await session.post(path, body)).json()).toEqual(place);
    session.skip(track);
    const waiting = await session.post(path, { ...body, wait: true });
    expect(waiting.headers.get('content-type')).toBe('application/json');
    const answer = waiting.json();
    session.skip(track);
    expect(await answer).toMatchObject({ ended: 'skipped' });
    const heardResponse = await session.post(path, { ...body, wait: true });
    await passTime(session.fixture, 30_000);
    expect(await heardResponse.json()).toMatchObject({ ended: 'completed' });
  },
);

test('what loops has no end, so a wait for it is refused, and nothing plays', async () => {
  await using session = await openSession();
  const looping = { sound: 'rain', loop: true };
  const expectRefused = (path: string, body: object) =>
    expectRefusal(
      session.post(path, { ...body, wait: true }),
      409,
      'track.looping',
      'main: it repeats, so there is no end to wait for.',
    );
  await expectRefused('tracks', looping);
  expect(listTitles(session.fixture)).toEqual([undefined]);
  await session.post('tracks', looping);
  await expectRefused('tracks', { sound: 'sea' });
  await expectRefused('say', { text: 'Hello.', track: 'main' });
  expect(listTitles(session.fixture)).toEqual(['rain']);
});

test('a program that hangs up leaves its sound alone, and nothing is a bug', async () => {
  const written = vi.spyOn(console, 'error');
  await using session = await openSession();
  const program = new AbortController();
  const request = { sound: 'rain', wait: true };
  const reading = (await session.post('tracks', request, program.signal)).text();
  program.abort();
  await expect(reading).rejects.toThrow();
  for (let n = 0; n < 20; n++) await setImmediate();
  expect(listTitles(session.fixture)).toEqual(['rain']);
  session.skip('main');
  for (let n = 0; n < 20; n++) await setImmediate();
  expect([session.api.bugs, written.mock.calls]).toEqual([[], []]);
});

test('until then a space comes at once and every 15 s, and after 14 minutes that the sound is not over', async () => {
  await using session = await openSession();
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  onTestFinished(() => void vi.useRealTimers());
  const request = { sound: 'rain', wait: true };
  const waiting = await session.api.post('band', '/v1/servers/g/tracks', request);
  let read = '';
  const reading = (async () => {
    const pieces = waiting.body?.pipeThrough(new TextDecoderStream()) ?? [];
    for await (const piece of pieces) read += piece;
  })();
  await vi.advanceTimersByTimeAsync(839_000);
  expect(read).toBe(' '.repeat(56));
  await vi.advanceTimersByTimeAsync(1_000);
  await reading;
  expect(JSON.parse(read)).toEqual({ track: 'main', title: 'rain', ended: 'late' });
  expect(listTitles(session.fixture)).toEqual(['rain']);
});

test('the head of the answer leaves at once, so that a proxy sees that the program is served', async () => {
  await using session = await openSession();
  const { hostname, port } = new URL(session.url);
  const socket = connect(Number(port), hostname);
  const body = JSON.stringify({ sound: 'rain', wait: true });
  const lines = [
    'POST /v1/servers/g/tracks HTTP/1.1',
    'host: x',
    'authorization: Bearer band',
    'content-type: application/json',
    `content-length: ${body.length}`,
    '',
    body,
  ];
  socket.write(lines.join('\r\n'));
  const [first] = await once(socket.setEncoding('latin1'), 'data');
  expect(first).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
  expect(listTitles(session.fixture)).toEqual(['rain']);
  socket.destroy();
});
