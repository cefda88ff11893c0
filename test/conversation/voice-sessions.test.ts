import { expect, test } from 'vitest';
import { BotError } from '#src/base/errors.ts';
import type { ChannelMember } from '#src/conversation/ports/voice-link.ts';
import { adam, den, lounge, openSessionFixture } from '#test/conversation/setup/session-fixture.ts';

function fixture(people: readonly ChannelMember[] = [adam], failures: readonly unknown[] = []) {
  const opened = openSessionFixture({}, people);
  opened.linkOpener.failures.push(...failures);
  return opened;
}

const late = new BotError('link.timeout', true, 'Late.');
const resting = new BotError('link.rate_limited', true, 'Later.');

test('a second call into the same channel opens no second link', async () => {
  const { linkOpener, sessions } = fixture();
  expect(await sessions.join(lounge, 'adam')).toMatchObject({ kind: 'joined' });
  expect(await sessions.join(lounge, 'eva')).toMatchObject({ kind: 'already' });
  expect(linkOpener.links).toHaveLength(1);
});

test('calls that come at once are served one after the other', async () => {
  const { linkOpener, sessions } = fixture();
  const joinings = await Promise.all([sessions.join(lounge, 'adam'), sessions.join(lounge, 'eva')]);
  expect(joinings.map(({ kind }) => kind)).toEqual(['joined', 'already']);
  expect(linkOpener.links).toHaveLength(1);
});

test('it stays with its company when called elsewhere, and says where it is', async () => {
  const { sessions } = fixture();
  await sessions.join(lounge, 'adam');
  expect(await sessions.join(den, 'eva')).toEqual({ kind: 'busy', other: 'Lounge', people: 1 });
  expect(sessions.at('g')).toBe(lounge);
});

test('it comes along when nobody keeps it', async () => {
  const { linkOpener, sessions } = fixture([]);
  await sessions.join(lounge, 'adam');
  expect(await sessions.join(den, 'adam')).toMatchObject({ kind: 'joined' });
  expect([linkOpener.links.map(({ closed }) => closed), sessions.at('g')]).toEqual([
    [true, false],
    den,
  ]);
});

test('servers do not know of each other', async () => {
  const { sessions } = fixture();
  await sessions.join(lounge, 'adam');
  expect(await sessions.join({ ...den, guildId: 'h' }, 'adam')).toMatchObject({ kind: 'joined' });
  expect([sessions.at('g')?.name, sessions.at('h')?.name]).toEqual(['Lounge', 'Den']);
});

test('a join while the main gateway is away is told as that, and tried again', async () => {
  const offline = new BotError('link.offline', true, 'Away for 30 s.');
  const { clock, linkOpener, sessions } = fixture([adam], [offline]);
  expect(await sessions.join(lounge, 'adam')).toEqual({ kind: 'offline', nextTryMs: 1000 });
  await clock.advance(1000);
  expect(linkOpener.asked).toBe(2);
});

test('a voice server that did not answer is tried again by itself, when it was said', async () => {
  const { clock, linkOpener, sessions } = fixture([adam], [late, late]);
  expect(await sessions.join(lounge, 'adam')).toEqual({ kind: 'timeout', nextTryMs: 1000 });
  await clock.advance(999);
  expect(linkOpener.asked).toBe(1);
  await clock.advance(1);
  expect(linkOpener.asked).toBe(2);
  await clock.advance(1000);
  expect(linkOpener.links).toHaveLength(1);
});

test('where Discord wants to be left alone the next try is said to be that far away', async () => {
  const { clock, linkOpener, sessions } = fixture([adam], [resting]);
  linkOpener.mustRestMs = 59_400;
  expect(await sessions.join(lounge, 'adam')).toEqual({ kind: 'resting', nextTryMs: 60_000 });
  await clock.advance(59_999);
  expect(linkOpener.asked).toBe(1);
  await clock.advance(1);
  expect(linkOpener.links).toHaveLength(1);
});

test('after ten more tries it gives up and writes so, and a new call starts afresh', async () => {
  const { clock, linkOpener, sessions, written } = fixture([adam], Array(11).fill(late));
  await sessions.join(lounge, 'adam');
  await clock.advance(300_000);
  expect([linkOpener.asked, sessions.at('g')]).toEqual([11, undefined]);
  expect(written).toEqual(['Discord keeps refusing. /join to try again.']);
  expect(await sessions.join(lounge, 'adam')).toMatchObject({ kind: 'joined' });
});

test('leaving ends the tries', async () => {
  const { clock, linkOpener, sessions } = fixture([adam], [late]);
  await sessions.join(lounge, 'adam');
  expect(await sessions.leave('g')).toMatchObject({ kind: 'left' });
  await clock.advance(60_000);
  expect([linkOpener.links, clock.sleeping]).toEqual([[], 0]);
});

test('a new call does not wait for the next try', async () => {
  const { sessions } = fixture([adam], [late]);
  await sessions.join(lounge, 'adam');
  expect(await sessions.join(lounge, 'adam')).toMatchObject({ kind: 'joined' });
});

test('where it is to be left alone for longer than tries go on, it says for how long and tries no more', async () => {
  const { clock, linkOpener, sessions } = fixture([adam], [resting]);
  linkOpener.mustRestMs = 480_000;
  expect(await sessions.join(lounge, 'adam')).toEqual({ kind: 'barred', restMs: 480_000 });
  await clock.advance(600_000);
  expect([linkOpener.asked, sessions.at('g')]).toEqual([1, undefined]);
});

test('a link that breaks at once is told as that, and tried again', async () => {
  const { clock, linkOpener, sessions } = fixture(
    [adam],
    [new BotError('link.lost', true, 'Gone.')],
  );
  expect(await sessions.join(lounge, 'adam')).toEqual({ kind: 'lost', nextTryMs: 1000 });
  await clock.advance(1000);
  expect(linkOpener.links).toHaveLength(1);
});

test.each([
  ['link.no_cipher', 'no-cipher'],
  ['link.no_end_to_end', 'no-end-to-end'],
  ['link.unsupported', 'no-voice'],
  ['link.refused', 'refused'],
  ['link.lost', 'sent-away'],
] as const)('%s for good is told as %s, and not tried again', async (code, kind) => {
  const { clock, linkOpener, sessions, events } = fixture(
    [adam],
    [new BotError(code, false, 'No.')],
  );
  expect(await sessions.join(lounge, 'adam')).toEqual({ kind });
  expect(events).toMatchObject([{ kind: 'failed', code }]);
  await clock.advance(60_000);
  expect([linkOpener.asked, sessions.at('g')]).toEqual([1, undefined]);
});

test('a bug while joining is told with its code, as nobody knows better', async () => {
  const { sessions } = fixture([adam], [new TypeError('x is not a function')]);
  expect(await sessions.join(lounge, 'adam')).toEqual({ kind: 'failed', code: 'bug' });
});

test('a caller whose call was taken back while it was on its way is told so', async () => {
  const { sessions, linkOpener } = fixture();
  linkOpener.open = (_channel, _mayHear, signal) =>
    new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
  const joining = sessions.join(lounge, 'adam');
  await new Promise(setImmediate);
  const leaving = sessions.leave('g');
  expect([await joining, await leaving]).toEqual([{ kind: 'left' }, { kind: 'nowhere' }]);
});

test('leaving where it is not says so', async () => {
  expect(await fixture().sessions.leave('g')).toEqual({ kind: 'nowhere' });
});

test('closing leaves every channel', async () => {
  const { clock, linkOpener, sessions } = fixture();
  await sessions.join(lounge, 'adam');
  await sessions.join({ ...den, guildId: 'h' }, 'adam');
  await sessions[Symbol.asyncDispose]();
  expect(linkOpener.links.map(({ closed }) => closed)).toEqual([true, true]);
  expect(clock.sleeping).toBe(0);
});

test('a bot that is being stopped takes no further call', async () => {
  const { linkOpener, sessions } = fixture();
  const closing = sessions[Symbol.asyncDispose]();
  const stopping = { kind: 'stopping' };
  expect(await sessions.join(lounge, 'adam')).toEqual(stopping);
  await closing;
  expect([await sessions.join(lounge, 'adam'), linkOpener.asked]).toEqual([stopping, 0]);
});

test('a bug that comes twice in a minute sends the bot away, and the channel reads so', async () => {
  const { clock, linkOpener, sessions, written } = fixture();
  await sessions.join(lounge, 'adam');
  linkOpener.link.lose(new TypeError('x is not a function'));
  await clock.advance(2_000);
  linkOpener.link.lose(new TypeError('x is not a function'));
  await clock.advance(2_000);
  expect([sessions.at('g'), written]).toEqual([
    undefined,
    ['An internal error occurred twice, so I left. Run /join to call me again.'],
  ]);
});
