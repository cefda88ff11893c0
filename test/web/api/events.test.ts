import { type Clock, realClock } from '#src/base/clock.ts';
import { type ChannelId, toChannelId, toGuildId, toPersonId } from '#src/base/ids.ts';
import type { SessionEvent } from '#src/ports/session-events.ts';
import { toLogged } from '#test/fakes/to-logged.ts';
import { expectRefusal, guildId, makeProgramPorts, openApi } from './api-setup.ts';

const lounge = toChannelId('2029384756102938475');
const path = `/v1/servers/${guildId}/events`;
const channel = {
  guildId,
  channelId: lounge,
  name: 'Lounge',
};
const joined: SessionEvent = { kind: 'joined', channel, tookMs: 200 };
const left: SessionEvent = { kind: 'left', channel, why: 'asked' };
const words = { channelId: lounge, speakerId: toPersonId('1'), name: 'Ana' };
const heardEvent: SessionEvent = { ...words, kind: 'recognised', text: 'Hello.' };
const answered: SessionEvent = {
  ...heardEvent,
  kind: 'answered',
  answerId: 1,
  text: 'Hello, Ana. How are you?',
  heardText: 'Hello, Ana.',
  finish: 'cancelled',
  instants: { heardAtMs: 1, endedAtMs: 2 },
};

type Api = Awaited<ReturnType<typeof openApi>>;

/** Events that a program reads, as they come; the stream is open when this resolves. */
async function listenToEvents(api: Api, token: string) {
  const program = new AbortController();
  const response = await api.ask(token, path, { signal: program.signal });
  expect(response.headers.get('content-type')).toContain('text/event-stream');
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  expect(await reader?.read()).toEqual({ done: false, value: ': listening\n\n' });
  const readNext = async () => {
    const { value } = (await reader?.read()) ?? {};
    return value && JSON.parse(value.slice('data: '.length));
  };
  return {
    next: readNext,
    /** Its next events. */
    take: (count: number) => Array.fromAsync(Array(count).keys(), readNext),
    /** The program hangs up. */
    close: () => program.abort(),
  };
}

function reportEvents({ events }: Api, ...told: readonly SessionEvent[]) {
  for (const event of told) events.report(guildId, event);
}

/** A program with a token of its own, for the words of these channels, that listens. */
async function openProgram(
  api: Api,
  name: string,
  ...channelIds: readonly ChannelId[]
) {
  await api.add(name, { scopes: ['events'], channelIds });
  return await listenToEvents(api, name);
}

/** An event as a program reads it. */
const toTold = (type: string, overrides: object = {}) => ({
  type,
  at: expect.stringMatching(/^\d{4}-.*Z$/),
  channelId: lounge,
  ...overrides,
});

test('a program is told who says what in the channels of its token, and of others only what happens', async () => {
  await using api = await openApi();
  const near = await openProgram(api, 'near', lounge);
  const far = await openProgram(api, 'far');
  reportEvents(api, joined, heardEvent, answered, left);
  const finish = 'cancelled';
  expect(await near.take(4)).toEqual([
    toTold('joined'),
    toTold('heard', { ...words, text: 'Hello.' }),
    toTold('answered', { ...words, text: 'Hello, Ana.', finish }),
    toTold('left', { why: 'asked' }),
  ]);
  expect(await far.take(3)).toEqual([
    toTold('joined'),
    toTold('heard'),
    toTold('answered', { finish }),
  ]);
});

test('the end of a sound is told, with its track and title in the channels of the token alone', async () => {
  await using api = await openApi();
  const near = await openProgram(api, 'near', lounge);
  const far = await openProgram(api, 'far');
  const overrides = { kind: 'played', channelId: lounge, end: 'completed' } as const;
  reportEvents(
    api,
    { ...overrides, track: 'main', title: 'rain' },
    { ...overrides, track: 'voice' },
  );
  const played = toTold('played', { reason: 'completed' });
  expect(await near.take(2)).toEqual([
    { ...played, track: 'main', sound: 'rain' },
    { ...played, track: 'voice' },
  ]);
  expect(await far.take(2)).toEqual([played, played]);
});

test('words of people who are left out of captions, and of answers to them, reach no program', async () => {
  await using api = await openApi();
  const near = await openProgram(api, 'near', lounge);
  const leftOut = [heardEvent, answered].map((event) => ({
    ...event,
    isLeftOut: true,
  }));
  reportEvents(api, ...leftOut);
  expect(await near.take(2)).toEqual([
    toTold('heard'),
    toTold('answered', { finish: 'cancelled' }),
  ]);
});

test('an alert is told with its meaning, and another server is none of its business', async () => {
  await using api = await openApi();
  const near = await openProgram(api, 'near', lounge);
  api.events.report(toGuildId('3029384756102938475'), joined);
  const alert = { name: 'store-unwritten', state: 'raised' } as const;
  reportEvents(api, { kind: 'alert', cause: toLogged(''), ...alert });
  expect(await near.next()).toMatchObject({ type: 'alert', ...alert });
});

test('a session has ended once nobody can call the bot back to it, or at another channel', async () => {
  const timers: (() => void)[] = [];
  const runLater: Clock['later'] = (_ms, run) => {
    timers.push(run);
    return () => undefined;
  };
  await using api = await openApi(makeProgramPorts(), {
    ...realClock,
    later: runLater,
  });
  const far = await openProgram(api, 'far');
  reportEvents(api, joined, left);
  timers[0]?.();
  expect(await far.take(3)).toMatchObject([
    { type: 'joined' },
    { type: 'left' },
    { type: 'ended' },
  ]);
  const other = { ...channel, channelId: toChannelId('4029384756102938475') };
  reportEvents(api, joined, { ...joined, channel: other });
  expect(await far.take(3)).toMatchObject([
    { type: 'joined', channelId: lounge },
    { type: 'ended', channelId: lounge },
    { type: 'joined', channelId: other.channelId },
  ]);
});

test('a program that reads too slowly is cut off', async () => {
  await using api = await openApi();
  const far = await openProgram(api, 'far');
  for (let n = 0; n < 300; n++) reportEvents(api, heardEvent);
  let count = 0;
  while ((await far.next()) !== undefined) count++;
  expect(count).toBeLessThan(300);
});

test('words of a channel that the bot has left since reach no program of the next one', async () => {
  await using api = await openApi();
  const otherChannelId = toChannelId('4029384756102938475');
  const near = await openProgram(api, 'near', lounge);
  const next = await openProgram(api, 'next', otherChannelId);
  reportEvents(
    api,
    { ...joined, channel: { ...channel, channelId: otherChannelId } },
    heardEvent,
  );
  const came = toTold('joined', { channelId: otherChannelId });
  const said = toTold('heard');
  expect(await near.take(2)).toEqual([came, { ...said, ...words, text: 'Hello.' }]);
  expect(await next.take(2)).toEqual([came, said]);
});

test('a token has four streams and a server sixteen, and one that ends makes room', async () => {
  await using api = await openApi();
  const open: Awaited<ReturnType<typeof listenToEvents>>[] = [];
  for (const token of ['a', 'b', 'c', 'd']) {
    await api.add(token, { scopes: ['events'] });
    for (let n = 0; n < 4; n++) open.push(await listenToEvents(api, token));
    const response = await api.ask(token, path);
    expect(response.headers.get('retry-after')).toBe('15');
    await expectRefusal(response, 429, 'events.busy', /A token has 4 streams/);
  }
  await api.add('e', { scopes: ['events'] });
  await expectRefusal(api.ask('e', path), 429, 'events.busy', /server has 16/);
  open[0]?.close();
  const another = await listenToEvents(api, 'e');
  reportEvents(api, joined);
  for (const entry of [...open.slice(1), another])
    expect(await entry.next()).toMatchObject({ type: 'joined' });
});

test('an event is serialised once for all programs that may read the same part of it', async () => {
  await using api = await openApi();
  const { signal } = new AbortController();
  const token = { guildId, scopes: ['events'], createdAtWallMs: 0 } as const;
  const readEvents = (name: string, ...channelIds: ChannelId[]) =>
    api.events.read({ ...token, name, channelIds }, signal).getReader();
  const readers = [
    readEvents('a', lounge),
    readEvents('b', lounge),
    readEvents('c'),
    readEvents('d'),
  ];
  reportEvents(api, heardEvent);
  const [a, b, c, d] = await Promise.all(
    readers.map(async (reader) => (await reader.read()).value),
  );
  expect(a?.json).toContain('Hello.');
  expect(b?.bytes).toBe(a?.bytes);
  expect(c?.json).not.toContain('Hello.');
  expect(d?.bytes).toBe(c?.bytes);
});

test('a channel is known as read while a token that names it is in use or listens', async () => {
  await using api = await openApi();
  expect(api.events.isRead(lounge)).toBe(false);
  const token = { name: 'near', guildId, createdAtWallMs: 0 };
  api.events.keepTokens([{ ...token, scopes: ['transcript'], channelIds: [lounge] }]);
  expect([api.events.isRead(lounge), api.events.isRead(toChannelId('4029'))]).toEqual([
    true,
    false,
  ]);
  api.events.keepTokens([]);
  const listening = await openProgram(api, 'new', lounge);
  expect(api.events.isRead(lounge)).toBe(true);
  listening.close();
  expect(api.events.isRead(lounge)).toBe(false);
});

test('words that are erased while an event waits for its reader stay behind, also those of an answer', async () => {
  await using api = await openApi();
  const { signal } = new AbortController();
  const token = {
    ...{ name: 'near', guildId, createdAtWallMs: 0, channelIds: [lounge] },
    scopes: ['events'],
  } as const;
  const reader = api.events.read(token, signal).getReader();
  const other = { ...words, speakerId: toPersonId('2'), name: 'Ben' };
  const said: SessionEvent = { ...other, kind: 'recognised', text: 'Good morning.' };
  reportEvents(api, heardEvent, { ...answered, ...other }, said);
  reportEvents(api, { kind: 'words-erased', personId: words.speakerId }, heardEvent);
  const waiting = await Array.fromAsync([1, 2, 3, 4], () => reader.read());
  expect(waiting.map(({ value }) => JSON.parse(value?.json ?? ''))).toEqual([
    toTold('heard'),
    toTold('answered', { finish: 'cancelled' }),
    toTold('heard', { ...other, text: 'Good morning.' }),
    toTold('heard', { ...words, text: 'Hello.' }),
  ]);
});
