import { expect, test } from 'vitest';
import { BotError } from '#src/base/errors.ts';
import type { ChannelMember } from '#src/session/ports/voice-link.ts';
import { adam, den, lounge, openHouse } from '#test/session/setup/session-fixture.ts';

function house(people: readonly ChannelMember[] = [adam], failures: readonly unknown[] = []) {
  const opened = openHouse({}, people);
  opened.door.failures.push(...failures);
  return opened;
}

const late = new BotError('link.timeout', true, 'Late.');
const resting = new BotError('link.rate_limited', true, 'Later.');

test('a second call into the same channel opens no second link', async () => {
  const { door, rooms: sessions } = house();
  expect(await sessions.join(lounge, 'adam')).toMatchObject({ kind: 'joined' });
  expect(await sessions.join(lounge, 'eva')).toMatchObject({ kind: 'already' });
  expect(door.links).toHaveLength(1);
});

test('calls that come at once are served one after the other', async () => {
  const { door, rooms: sessions } = house();
  const joinings = await Promise.all([sessions.join(lounge, 'adam'), sessions.join(lounge, 'eva')]);
  expect(joinings.map(({ kind }) => kind)).toEqual(['joined', 'already']);
  expect(door.links).toHaveLength(1);
});

test('it stays with its company when called elsewhere, and says where it is', async () => {
  const { rooms: sessions } = house();
  await sessions.join(lounge, 'adam');
  expect(await sessions.join(den, 'eva')).toEqual({ kind: 'busy', other: 'Lounge', people: 1 });
  expect(sessions.at('g')).toBe(lounge);
});

test('it comes along when nobody keeps it', async () => {
  const { door, rooms } = house([]);
  await rooms.join(lounge, 'adam');
  expect(await rooms.join(den, 'adam')).toMatchObject({ kind: 'joined' });
  expect([door.links.map(({ closed }) => closed), rooms.at('g')]).toEqual([[true, false], den]);
});

test('servers do not know of each other', async () => {
  const { rooms } = house();
  await rooms.join(lounge, 'adam');
  expect(await rooms.join({ ...den, guildId: 'h' }, 'adam')).toMatchObject({ kind: 'joined' });
  expect([rooms.at('g')?.name, rooms.at('h')?.name]).toEqual(['Lounge', 'Den']);
});

test('a join while the main gateway is away is told as that, and tried again', async () => {
  const offline = new BotError('link.offline', true, 'Away for 30 s.');
  const { clock, door, rooms } = house([adam], [offline]);
  expect(await rooms.join(lounge, 'adam')).toEqual({ kind: 'offline', nextTryMs: 1000 });
  await clock.advance(1000);
  expect(door.asked).toBe(2);
});

test('a voice server that did not answer is tried again by itself, when it was said', async () => {
  const { clock, door, rooms } = house([adam], [late, late]);
  expect(await rooms.join(lounge, 'adam')).toEqual({ kind: 'timeout', nextTryMs: 1000 });
  await clock.advance(999);
  expect(door.asked).toBe(1);
  await clock.advance(1);
  expect(door.asked).toBe(2);
  await clock.advance(1000);
  expect(door.links).toHaveLength(1);
});

test('where Discord wants to be left alone the next try is said to be that far away', async () => {
  const { clock, door, rooms } = house([adam], [resting]);
  door.mustRestMs = 59_400;
  expect(await rooms.join(lounge, 'adam')).toEqual({ kind: 'resting', nextTryMs: 60_000 });
  await clock.advance(59_999);
  expect(door.asked).toBe(1);
  await clock.advance(1);
  expect(door.links).toHaveLength(1);
});

test('after ten more tries it gives up and writes so, and a new call starts afresh', async () => {
  const { clock, door, rooms, written } = house([adam], Array(11).fill(late));
  await rooms.join(lounge, 'adam');
  await clock.advance(300_000);
  expect([door.asked, rooms.at('g')]).toEqual([11, undefined]);
  expect(written).toEqual(['Discord keeps refusing. /join to try again.']);
  expect(await rooms.join(lounge, 'adam')).toMatchObject({ kind: 'joined' });
});

test('leaving ends the tries', async () => {
  const { clock, door, rooms } = house([adam], [late]);
  await rooms.join(lounge, 'adam');
  expect(await rooms.leave('g')).toMatchObject({ kind: 'left' });
  await clock.advance(60_000);
  expect([door.links, clock.sleeping]).toEqual([[], 0]);
});

test('a new call does not wait for the next try', async () => {
  const { rooms } = house([adam], [late]);
  await rooms.join(lounge, 'adam');
  expect(await rooms.join(lounge, 'adam')).toMatchObject({ kind: 'joined' });
});

test('where it is to be left alone for longer than tries go on, it says for how long and tries no more', async () => {
  const { clock, door, rooms } = house([adam], [resting]);
  door.mustRestMs = 480_000;
  expect(await rooms.join(lounge, 'adam')).toEqual({ kind: 'barred', restMs: 480_000 });
  await clock.advance(600_000);
  expect([door.asked, rooms.at('g')]).toEqual([1, undefined]);
});

test('a link that breaks at once is told as that, and tried again', async () => {
  const { clock, door, rooms } = house([adam], [new BotError('link.lost', true, 'Gone.')]);
  expect(await rooms.join(lounge, 'adam')).toEqual({ kind: 'lost', nextTryMs: 1000 });
  await clock.advance(1000);
  expect(door.links).toHaveLength(1);
});

test.each([
  ['link.no_cipher', 'no-cipher'],
  ['link.no_end_to_end', 'no-end-to-end'],
  ['link.unsupported', 'no-voice'],
  ['link.refused', 'refused'],
  ['link.lost', 'sent-away'],
] as const)('%s for good is told as %s, and not tried again', async (code, kind) => {
  const { clock, door, rooms, events } = house([adam], [new BotError(code, false, 'No.')]);
  expect(await rooms.join(lounge, 'adam')).toEqual({ kind });
  expect(events).toMatchObject([{ kind: 'failed', code }]);
  await clock.advance(60_000);
  expect([door.asked, rooms.at('g')]).toEqual([1, undefined]);
});

test('a bug while joining is told with its code, as nobody knows better', async () => {
  const { rooms } = house([adam], [new TypeError('x is not a function')]);
  expect(await rooms.join(lounge, 'adam')).toEqual({ kind: 'failed', code: 'bug' });
});

test('a caller whose call was taken back while it was on its way is told so', async () => {
  const { rooms, door } = house();
  door.open = (_channel, _mayHear, signal) =>
    new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
  const joining = rooms.join(lounge, 'adam');
  await new Promise(setImmediate);
  const leaving = rooms.leave('g');
  expect([await joining, await leaving]).toEqual([{ kind: 'left' }, { kind: 'nowhere' }]);
});

test('leaving where it is not says so', async () => {
  expect(await house().rooms.leave('g')).toEqual({ kind: 'nowhere' });
});

test('closing leaves every channel', async () => {
  const { clock, door, rooms } = house();
  await rooms.join(lounge, 'adam');
  await rooms.join({ ...den, guildId: 'h' }, 'adam');
  await rooms[Symbol.asyncDispose]();
  expect(door.links.map(({ closed }) => closed)).toEqual([true, true]);
  expect(clock.sleeping).toBe(0);
});

test('a bot that is being stopped takes no further call', async () => {
  const { door, rooms } = house();
  const closing = rooms[Symbol.asyncDispose]();
  expect(await rooms.join(lounge, 'adam')).toEqual({ kind: 'left' });
  await closing;
  expect([await rooms.join(lounge, 'adam'), door.asked]).toEqual([{ kind: 'left' }, 0]);
});

test('a bug that comes twice in a minute sends the bot away, and the room reads so', async () => {
  const { clock, door, rooms, written } = house();
  await rooms.join(lounge, 'adam');
  door.link.lose(new TypeError('x is not a function'));
  await clock.advance(2_000);
  door.link.lose(new TypeError('x is not a function'));
  await clock.advance(2_000);
  expect([rooms.at('g'), written]).toEqual([
    undefined,
    ['Something in me broke twice, so I left. Run /join to call me again.'],
  ]);
});
