import { type Clock, realClock } from '#src/base/clock.ts';
import type { SessionEvent } from '#src/ports/session-events.ts';
import { guildId, makeProgramPorts, openApi, readRefusal } from './api-setup.ts';

const lounge = '2029384756102938475';
const path = `/v1/servers/${guildId}/events`;
const channel = { guildId, channelId: lounge, name: 'Lounge' };
const joined: SessionEvent = { kind: 'joined', channel, tookMs: 200 };
const left: SessionEvent = { kind: 'left', channel, why: 'asked' };
const heard: SessionEvent = {
  kind: 'recognised',
  channelId: lounge,
  speakerId: '1',
  name: 'Ana',
  text: 'Hello.',
};
const answered: SessionEvent = {
  kind: 'answered',
  channelId: lounge,
  speakerId: '1',
  name: 'Ana',
  text: 'Hello, Ana. How are you?',
  heardText: 'Hello, Ana.',
  finish: 'cancelled',
  instants: { heardAtMs: 1, endedAtMs: 2 },
};

type Api = Awaited<ReturnType<typeof openApi>>;

/** Events that a program reads, as they come; the stream is open when this resolves. */
async function listen(api: Api, token: string) {
  const program = new AbortController();
  const response = await api.ask(token, path, { signal: program.signal });
  expect(response.headers.get('content-type')).toContain('text/event-stream');
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  expect(await reader?.read()).toEqual({ done: false, value: ': listening\n\n' });
  const next = async () => {
    const { value } = (await reader?.read()) ?? {};
    return value === undefined ? undefined : JSON.parse(value.slice('data: '.length));
  };
  return {
    next,
    /** Its next events. */
    async take(count: number) {
      const events = [];
      while (events.length < count) events.push(await next());
      return events;
    },
    /** The program hangs up. */
    close: () => program.abort(),
  };
}

function report({ events }: Api, ...told: readonly SessionEvent[]) {
  for (const event of told) events.report(guildId, event);
}

/** A program with a token of its own, for the words of these channels, that listens. */
async function openProgram(api: Api, name: string, ...channelIds: readonly string[]) {
  await api.add(name, { scopes: ['events'], channelIds });
  return await listen(api, name);
}

test('a program is told who says what in the channels of its token, and of others only what happens', async () => {
  await using api = await openApi();
  const [near, far] = [
    await openProgram(api, 'near', lounge),
    await openProgram(api, 'far'),
  ];
  report(api, joined, heard, answered, left);
  const at = expect.stringMatching(/^\d{4}-.*Z$/);
  const each = { at, channelId: lounge };
  const words = (text: string) => ({ speakerId: '1', name: 'Ana', text });
  const came = { type: 'joined', ...each };
  const said = { type: 'heard', ...each };
  const finish = { type: 'answered', ...each, finish: 'cancelled' };
  expect(await near.take(4)).toEqual([
    came,
    { ...said, ...words('Hello.') },
    { ...finish, ...words('Hello, Ana.') },
    { type: 'left', ...each, why: 'asked' },
  ]);
  expect(await far.take(3)).toEqual([came, said, finish]);
});

test('the end of a sound is told, with its track and title in the channels of the token alone', async () => {
  await using api = await openApi();
  const [near, far] = [
    await openProgram(api, 'near', lounge),
    await openProgram(api, 'far'),
  ];
  const over = { kind: 'played', channelId: lounge, end: 'completed' } as const;
  report(
    api,
    joined,
    { ...over, track: 'main', title: 'rain' },
    { ...over, track: 'voice' },
  );
  for (const one of [near, far]) await one.next();
  const played = {
    type: 'played',
    at: expect.any(String),
    channelId: lounge,
    reason: 'completed',
  };
  expect(await near.take(2)).toEqual([
    { ...played, track: 'main', sound: 'rain' },
    { ...played, track: 'voice' },
  ]);
  expect(await far.take(2)).toEqual([played, played]);
});

test('words of people who are left out of captions, and of answers to them, reach no program', async () => {
  await using api = await openApi();
  const near = await openProgram(api, 'near', lounge);
  const leftOut = [heard, answered].map((event) => ({ ...event, isLeftOut: true }));
  report(api, joined, ...leftOut);
  const each = { at: expect.any(String), channelId: lounge };
  expect(await near.take(3)).toEqual([
    { type: 'joined', ...each },
    { type: 'heard', ...each },
    { type: 'answered', ...each, finish: 'cancelled' },
  ]);
});

test('an alert is told with its meaning, and another server is none of its business', async () => {
  await using api = await openApi();
  const near = await openProgram(api, 'near', lounge);
  api.events.report('3029384756102938475', joined);
  const alert = {
    kind: 'alert',
    name: 'store-unwritten',
    state: 'raised',
    cause: '',
  } as const;
  report(api, alert);
  expect(await near.next()).toMatchObject({
    type: 'alert',
    name: alert.name,
    state: 'raised',
  });
});

test('a session has ended once nobody can call the bot back to it, or at another channel', async () => {
  const timers: (() => void)[] = [];
  const later: Clock['later'] = (_ms, run) => {
    timers.push(run);
    return () => undefined;
  };
  await using api = await openApi(makeProgramPorts(), { ...realClock, later });
  const far = await openProgram(api, 'far');
  report(api, joined, left);
  timers[0]?.();
  expect(await far.take(3)).toMatchObject([
    { type: 'joined' },
    { type: 'left' },
    { type: 'ended' },
  ]);
  const other = { ...channel, channelId: '4029384756102938475' };
  report(api, joined, { ...joined, channel: other });
  expect(await far.take(3)).toMatchObject([
    { type: 'joined', channelId: lounge },
    { type: 'ended', channelId: lounge },
    { type: 'joined', channelId: other.channelId },
  ]);
});

test('a program that reads too slowly is cut off', async () => {
  await using api = await openApi();
  const far = await openProgram(api, 'far');
  for (let n = 0; n < 300; n++) report(api, heard);
  let count = 0;
  while ((await far.next()) !== undefined) count++;
  expect(count).toBeLessThan(300);
});

test('words of a channel that the bot has left since reach no program of the next one', async () => {
  await using api = await openApi();
  const other = '4029384756102938475';
  const [near, next] = [
    await openProgram(api, 'near', lounge),
    await openProgram(api, 'next', other),
  ];
  report(api, { ...joined, channel: { ...channel, channelId: other } }, heard);
  for (const one of [near, next])
    expect(await one.next()).toMatchObject({ type: 'joined' });
  expect(await near.next()).toMatchObject({ channelId: lounge, text: 'Hello.' });
  const told = await next.next();
  expect(told).toEqual({ type: 'heard', at: expect.any(String), channelId: lounge });
});

test('a token has four streams and a server sixteen, and one that ends makes room', async () => {
  await using api = await openApi();
  const open: Awaited<ReturnType<typeof listen>>[] = [];
  for (const token of ['a', 'b', 'c', 'd', 'e']) {
    await api.add(token, { scopes: ['events'] });
    if (token === 'e') continue;
    for (let n = 0; n < 4; n++) open.push(await listen(api, token));
    const response = await api.ask(token, path);
    expect([
      response.headers.get('retry-after'),
      ...(await readRefusal(response)),
    ]).toEqual([
      '15',
      429,
      'events.busy',
      expect.stringContaining('The token has 4 streams'),
    ]);
  }
  const [, code, sentence] = await readRefusal(await api.ask('e', path));
  expect([code, sentence]).toEqual([
    'events.busy',
    expect.stringContaining('server has 16'),
  ]);
  open[0]?.close();
  const another = await listen(api, 'e');
  report(api, joined);
  for (const one of [...open.slice(1), another])
    expect(await one.next()).toMatchObject({ type: 'joined' });
});

test('an event is written once for all who read the same of it', async () => {
  await using api = await openApi();
  const { signal } = new AbortController();
  const token = { guildId, scopes: ['events'], createdAtWallMs: 0 } as const;
  const read = (name: string, ...channelIds: string[]) =>
    api.events.read({ ...token, name, channelIds }, signal).getReader();
  const readers = [read('a', lounge), read('b', lounge), read('c'), read('d')];
  report(api, heard);
  const [a, b, c, d] = await Promise.all(
    readers.map(async (one) => (await one.read()).value),
  );
  expect(a?.json).toContain('Hello.');
  expect(b?.bytes).toBe(a?.bytes);
  expect(c?.json).not.toContain('Hello.');
  expect(d?.bytes).toBe(c?.bytes);
});

test('a channel is known as read while a token that names it is in use or listens', async () => {
  await using api = await openApi();
  const token = {
    name: 'near',
    guildId,
    scopes: ['transcript'],
    createdAtWallMs: 0,
  } as const;
  expect(api.events.isRead(lounge)).toBe(false);
  api.events.keepTokens([{ ...token, channelIds: [lounge] }]);
  expect([api.events.isRead(lounge), api.events.isRead('4029')]).toEqual([true, false]);
  api.events.keepTokens([]);
  const listening = await openProgram(api, 'new', lounge);
  expect(api.events.isRead(lounge)).toBe(true);
  listening.close();
  expect(api.events.isRead(lounge)).toBe(false);
});

test('a token without the scope is refused', async () => {
  await using api = await openApi();
  await api.add('other', { scopes: ['say'] });
  expect((await api.ask('other', path)).status).toBe(403);
});
