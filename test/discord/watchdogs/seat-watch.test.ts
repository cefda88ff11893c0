import { expect, test } from 'vitest';
import { type ExpectedSeat, SeatWatch } from '#src/discord/watchdogs/seat-watch.ts';
import { SteppedTiming } from '#test/discord/setup/stepped-timing.ts';

/** One server, where the bot should sit and where Discord shows it as the test says. */
function open(is?: string, should?: ExpectedSeat) {
  const timing = new SteppedTiming();
  const [done, alerts]: [string[], string[]] = [[], []];
  const state = { is, should, isConnected: true };
  const watch = new SeatWatch({
    timing,
    report: (event) => event.kind === 'alert' && alerts.push(`${event.name} ${event.state}`),
    guildIds: () => ['g'],
    shown: () => state.is,
    isConnected: () => state.isConnected,
    expected: () => state.should,
    leave: () => void done.push('leave'),
    rejoin: (_, cause) => void done.push(`rejoin: ${cause}`),
  });
  return { watch, timing, done, alerts, state };
}

const lounge = { channelId: 'lounge' };

test.each([
  [undefined, 'none'],
  ['den', 'den'],
])('a bot that Discord shows in %s instead of its channel joins anew within 10 s', (is, named) => {
  const { timing, done, alerts, state } = open(is, lounge);
  timing.passMs(9_999);
  expect(done).toEqual([]);
  timing.passMs(1);
  expect(done).toEqual([`rejoin: should sit in lounge, is shown in ${named}`]);
  expect(alerts).toEqual(['seat-mismatch raised']);
  state.is = 'lounge';
  timing.passMs(5_000);
  expect(alerts).toEqual(['seat-mismatch raised', 'seat-mismatch cleared']);
});

test('a seat without a call is given up, and the operator is told once', () => {
  const { timing, done, alerts } = open('lounge');
  timing.passMs(20_000);
  expect(done).toEqual(['leave', 'leave', 'leave']);
  expect(alerts).toEqual(['seat-mismatch raised']);
});

test('while a link is being opened, a move is under way or the gateway is away, nothing is judged', () => {
  const joining = open(undefined, 'busy');
  joining.timing.passMs(60_000);
  const away = open('lounge');
  away.state.isConnected = false;
  away.timing.passMs(60_000);
  const moving = open('den', lounge);
  moving.timing.passMs(5_000);
  moving.state.is = 'lounge';
  moving.timing.passMs(60_000);
  for (const { done, alerts } of [joining, away, moving]) expect([done, alerts]).toEqual([[], []]);
});

test('the seats of a former run are given up at once, those of a call are not', () => {
  const { watch, done } = open('lounge');
  expect(watch.leaveGhosts()).toEqual(new Map([['g', 'lounge']]));
  expect(done).toEqual(['leave']);
  expect(open('lounge', lounge).watch.leaveGhosts().size).toBe(0);
  expect(open().watch.leaveGhosts().size).toBe(0);
});
