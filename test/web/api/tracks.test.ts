import type { Public } from '#src/base/public.ts';
import type { TrackRequests } from '#src/features/tracks/tracks-feature.ts';
import { passTime } from '#test/conversation/setup/session-fixture.ts';
import { openSetup } from '#test/conversation/setup/tracks-fixture.ts';
import { makeProgramPorts, openApi, openLoopback, readRefusal } from './api-setup.ts';

const live = 'https://sounds.example/live/radio.mp3';

/** Public<TrackRequests> of a session, asked over HTTP on loopback. */
async function openTracks() {
  await using stack = new AsyncDisposableStack();
  const fixture = await openSetup();
  const { tracks } = fixture;
  const api = stack.use(await openApi(makeProgramPorts({ more: { tracks } })));
  await api.add('band', { guildId: 'g', scopes: ['track'] });
  const { url } = stack.use(await openLoopback(api.app));
  const ask = (path: string, init: RequestInit) => {
    return fetch(`${url}/v1/servers/g/tracks${path}`, {
      headers: {
        authorization: 'Bearer band',
        'content-type': 'application/json',
      },
      ...init,
    });
  };
  const all = stack.move();
  return {
    fixture,
    tracks: tracks as Public<TrackRequests>,
    post: (path: string, body: unknown) =>
      ask(path, { method: 'POST', body: JSON.stringify(body) }),
    /** The listed track of that name. */
    async read(name: string) {
      const listed = (await (await ask('', {})).json()) as {
        readonly tracks: readonly { readonly name: string }[];
      };
      return listed.tracks.find((one) => one.name === name);
    },
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  };
}

/** The one outcome in an answer. */
async function outcomeIn(response: Response) {
  const { outcomes } = (await response.json()) as {
    readonly outcomes: readonly unknown[];
  };
  expect(outcomes).toHaveLength(1);
  return outcomes[0];
}

test('a program moves, fades, loops, mutes and removes what plays on a track, as people do', async () => {
  await using setup = await openTracks();
  const { fixture, post, read } = setup;
  await post('', { sound: 'rain', track: 'bg' });
  await post('', { sound: 'sea', track: 'bg' });
  await post('', { sound: 'wind', track: 'bg' });
  await passTime(fixture, 1_000);
  const changed = (change: string, more: object = { title: 'rain' }) => ({
    kind: 'changed',
    change,
    track: 'bg',
    ...more,
  });
  const at = (positionMs: number) => changed('seek', { title: 'rain', positionMs });
  expect(await outcomeIn(await post('/bg/seek', { atMs: 4_000 }))).toEqual(at(4_000));
  expect(await outcomeIn(await post('/bg/seek', { byMs: -1_500 }))).toEqual(at(2_500));
  expect(await read('bg')).toMatchObject({ current: { positionMs: 2_500 } });
  const faded = { kind: 'volume', track: 'bg', percent: 20 };
  expect(await outcomeIn(await post('/bg/volume', { percent: 20 }))).toEqual(faded);
  expect(
    await outcomeIn(await post('/bg/volume', { percent: 20, overMs: 1_000 })),
  ).toEqual(faded);
  expect(await outcomeIn(await post('/bg/loop', { on: true }))).toEqual(
    changed('loop'),
  );
  expect(await outcomeIn(await post('/bg/mute', {}))).toEqual(changed('mute'));
  expect(await read('bg')).toMatchObject({
    percent: 20,
    isMuted: true,
    current: { title: 'rain', loop: true },
    waiting: [{ title: 'sea' }, { title: 'wind' }],
  });
  expect(await outcomeIn(await post('/bg/unmute', {}))).toEqual(changed('unmute'));
  expect(await outcomeIn(await post('/bg/loop', { on: false }))).toEqual(
    changed('unloop'),
  );
  expect(await outcomeIn(await post('/bg/remove', { item: 2 }))).toEqual(
    changed('remove', { title: 'wind' }),
  );
  expect(await outcomeIn(await post('/bg/remove', { item: 'sea' }))).toEqual(
    changed('remove', { title: 'sea' }),
  );
  expect(await read('bg')).toMatchObject({
    isMuted: false,
    current: { loop: false },
    waiting: [],
  });
});

test('a program reads no word that is read out, and no name of who has it read or plays sounds', async () => {
  await using setup = await openTracks();
  const { fixture, post, read, tracks } = setup;
  const eva = { id: 'eva', name: 'Eva' };
  const how = { owner: eva, payer: eva };
  const secret = 'Ben gets the sack on Friday.';
  await fixture.talk.sayText('g', secret, 'queue', how);
  await fixture.talk.sayText('g', secret, 'queue', how);
  await fixture.talk.sayText('g', secret, 'queue', { ...how, track: 'bg' });
  await tracks.playSound(
    'g',
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

test.each([
  ['Rainy Day', 'RAINY DAY'],
  ['雨の音', '雨の音'],
  ['🎸 & 🥁', '🎸 & 🥁'],
  ['a/b?c#d', 'A/B?C#D'],
])(
  'a track called %j is played on and reached by its percent-encoded name',
  async (track, called) => {
    await using setup = await openTracks();
    const { post, read } = setup;
    const played = await post('', { sound: 'rain', track });
    expect(await played.json()).toMatchObject({ track, title: 'rain' });
    const path = `/${encodeURIComponent(called)}`;
    expect(await read(track)).toMatchObject({ current: { title: 'rain' } });
    expect(await outcomeIn(await post(`${path}/volume`, { percent: 7 }))).toMatchObject(
      { track },
    );
    expect(await outcomeIn(await post(`${path}/seek`, { atMs: 0 }))).toMatchObject({
      track,
    });
    expect(await outcomeIn(await post(`${path}/stop`, {}))).toMatchObject({ track });
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
    const before = setup.tracks.listTracks('g');
    const refused = await readRefusal(await setup.post(path, body));
    expect(refused).toEqual([status, code, expect.stringMatching(sentence)]);
    expect(setup.tracks.listTracks('g')).toEqual(before);
  },
);
