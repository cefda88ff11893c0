import { once } from 'node:events';
import { connect } from 'node:net';
import { setImmediate } from 'node:timers/promises';
import { toGuildId, toPersonId } from '#src/base/ids.ts';
import type { TrackRequests } from '#src/features/tracks/tracks-feature.ts';
import { passTime } from '#test/conversation/setup/session-fixture.ts';
import {
  listTitles,
  manager,
  openSetup,
} from '#test/conversation/setup/tracks-fixture.ts';
import { expectRefusal, makeProgramPorts, openApi, openLoopback } from './api-setup.ts';

const live = 'https://sounds.example/live/radio.mp3';

/** TrackRequests of a session, asked over HTTP on loopback. */
async function openTracks() {
  await using stack = new AsyncDisposableStack();
  const fixture = await openSetup();
  const { tracks } = fixture;
  const api = stack.use(await openApi(makeProgramPorts({ more: { tracks } })));
  await api.add('band', { guildId: toGuildId('g'), scopes: ['track'] });
  const { url } = stack.use(await openLoopback(api.app));
  const askTracks = (path: string, init: RequestInit) => {
    return fetch(`${url}/v1/servers/g/tracks${path}`, {
      headers: {
        authorization: 'Bearer band',
        'content-type': 'application/json',
      },
      ...init,
    });
  };
  const postTracks = (path: string, body: object) =>
    askTracks(path, { method: 'POST', body: JSON.stringify(body) });
  const all = stack.move();
  return {
    fixture,
    tracks: tracks as TrackRequests,
    post: postTracks,
    /** Expects the answer to a change to tell this one outcome. */
    async expectChange(path: string, body: object, outcome: object) {
      const answer = await (await postTracks(path, body)).json();
      expect(answer).toEqual({ outcomes: [expect.objectContaining(outcome)] });
    },
    /** The listed track of that name. */
    async read(name: string) {
      const listed = (await (await askTracks('', {})).json()) as {
        readonly tracks: readonly { readonly name: string }[];
      };
      return listed.tracks.find((track) => track.name === name);
    },
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  };
}

test('a program moves, fades, loops, mutes and removes what plays on a track, as people do', async () => {
  await using setup = await openTracks();
  const { expectChange, fixture, post, read } = setup;
  for (const sound of ['rain', 'sea', 'wind']) await post('', { sound, track: 'bg' });
  await passTime(fixture, 1_000);
  const expectChanged = (path: string, body: object, change: string, overrides = {}) =>
    expectChange(`/bg/${path}`, body, {
      ...{ kind: 'changed', change, track: 'bg', title: 'rain' },
      ...overrides,
    });
  await expectChanged('seek', { atMs: 4_000 }, 'seek', { positionMs: 4_000 });
  await expectChanged('seek', { byMs: -1_500 }, 'seek', { positionMs: 2_500 });
  expect(await read('bg')).toMatchObject({ current: { positionMs: 2_500 } });
  const faded = { kind: 'volume', track: 'bg', percent: 20 };
  await expectChange('/bg/volume', { percent: 20 }, faded);
  await expectChange('/bg/volume', { percent: 20, overMs: 1_000 }, faded);
  await expectChanged('loop', { on: true }, 'loop');
  await expectChanged('mute', {}, 'mute');
  expect(await read('bg')).toMatchObject({
    percent: 20,
    isMuted: true,
    current: { title: 'rain', loop: true },
    waiting: [{ title: 'sea' }, { title: 'wind' }],
  });
  await expectChanged('unmute', {}, 'unmute');
  await expectChanged('loop', { on: false }, 'unloop');
  await expectChanged('remove', { item: 2 }, 'remove', { title: 'wind' });
  await expectChanged('remove', { item: 'sea' }, 'remove', { title: 'sea' });
  expect(await read('bg')).toMatchObject({
    isMuted: false,
    current: { loop: false },
    waiting: [],
  });
});

test('a program reads no word that is read out, and no name of who has it read or plays sounds', async () => {
  await using setup = await openTracks();
  const { fixture, post, read, tracks } = setup;
  const eva = { id: toPersonId('eva'), name: 'Eva' };
  const how = { owner: eva, payer: eva };
  const secret = 'Ben gets the sack on Friday.';
  for (const overrides of [{}, {}, { track: 'bg' }])
    await fixture.talk.sayText(toGuildId('g'), secret, 'queue', {
      ...how,
      ...overrides,
    });
  await tracks.playSound(
    toGuildId('g'),
    { ...eva, mayManage: false },
    { sound: 'rain', track: 'bg', loop: false, next: false },
  );
  await passTime(fixture, 200);
  const told = JSON.stringify([await read('voice'), await read('bg')]);
  expect(told).toContain('rain');
  expect(told).not.toMatch(/sack|Eva/);
  const answer = await (await post('/bg/skip', {})).text();
  expect(answer).toContain('skipped');
  expect(answer).not.toMatch(/sack|Eva/);
});

test('a program reads no title of a file that a person handed over', async () => {
  await using setup = await openTracks();
  const { post, read, tracks } = setup;
  const eva = { id: toPersonId('eva'), name: 'Eva', mayManage: false };
  const sound = { url: 'https://sounds.example/memo.mp3', name: 'to my lawyer.mp3' };
  const request = { sound, track: 'bg', loop: false, next: false };
  for (const next of [false, false, true])
    await tracks.playSound(toGuildId('g'), eva, { ...request, next });
  const answers = [
    JSON.stringify(await read('bg')),
    await (await post('/bg/seek', { atMs: 1_000 })).text(),
    await (await post('/bg/seek', { atMs: 20_000 })).text(),
    await (await post('/bg/remove', { item: 1 })).text(),
    await (await post('/bg/skip', {})).text(),
  ];
  expect(answers.filter((answer) => answer.includes('lawyer'))).toEqual([]);
  expect(answers.at(-1)).toContain('skipped');
});

test.each([
  ['Rainy Day', 'RAINY DAY'],
  ['雨の音', '雨の音'],
  ['🎸 & 🥁', '🎸 & 🥁'],
  ['a/b?c#d', 'A/B?C#D'],
])(
  'a track called %j is played on and reached by its percent-encoded name',
  async (track, called) => {
    await using setup = await openTracks();
    const played = await setup.post('', { sound: 'rain', track });
    expect(await played.json()).toMatchObject({ track, title: 'rain' });
    expect(await setup.read(track)).toMatchObject({ current: { title: 'rain' } });
    const path = `/${encodeURIComponent(called)}`;
    await setup.expectChange(`${path}/volume`, { percent: 7 }, { track });
    await setup.expectChange(`${path}/seek`, { atMs: 0 }, { track });
    await setup.expectChange(`${path}/stop`, {}, { track });
  },
);

test.each([
  ['/bg/seek', {}, 400, 'request.invalid', /either atMs or byMs/],
  ['/bg/seek', { atMs: 1, byMs: 1 }, 400, 'request.invalid', /either atMs or byMs/],
  ['/bg/seek', { atMs: -1 }, 400, 'request.invalid', /^atMs: /],
  ['/bg/seek', { atMs: 10_000 }, 422, 'track.past_end', /rain ends at 0:10/],
  ['/radio/seek', { atMs: 1 }, 422, 'track.unseekable', /^radio is a live stream/],
  ['/bg/volume', { percent: 201 }, 400, 'request.invalid', /^percent: /],
  ['/bg/remove', { item: 'snow' }, 404, 'track.no_item', /^There is no "snow"/],
  [
    '/bg/remove',
    { item: true },
    400,
    'request.invalid',
    /^item: give a place from 1 or a title/,
  ],
  ['/voice/loop', { on: true }, 409, 'track.reserved', /^voice is mine/],
  ['/main/loop', { on: true }, 409, 'track.empty', /nothing on main/],
  ['/gb/seek', { atMs: 1 }, 404, 'track.unknown', /^There is no "gb".*bg/],
  [`/${'x'.repeat(101)}/seek`, { atMs: 1 }, 400, 'request.invalid', /^track: /],
  [
    '',
    { sound: 'rain', track: 'x'.repeat(41) },
    400,
    'track.name',
    /1 to 40 characters/,
  ],
  ['', { sound: 'rain', track: 'Cues' }, 409, 'track.reserved', /^cues is mine/],
])(
  '%s with %j is refused, and changes nothing',
  async (path, body, status, code, sentence) => {
    await using setup = await openTracks();
    await setup.post('', { sound: 'rain', track: 'bg' });
    await setup.post('', { sound: live, track: 'radio' });
    const tracksBefore = setup.tracks.listTracks(toGuildId('g'));
    await expectRefusal(setup.post(path, body), status, code, sentence);
    expect(setup.tracks.listTracks(toGuildId('g'))).toEqual(tracksBefore);
  },
);

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
