import { expect, test } from 'vitest';
import { EventLog } from '#src/console/first-run/event-log.ts';
import { VirtualClock } from '#test/fakes/clock.ts';

const never = new AbortController().signal;
const recognised = { kind: 'recognised', speakerId: 'a', name: 'Adam', text: 'five' } as const;

test('an event that came before it was asked for is not lost', async () => {
  const events = new EventLog(new VirtualClock());
  events.report(recognised);
  expect(await events.after(0, ['recognised'], 1000, never)).toMatchObject({ event: recognised });
});

test('an event to come is waited for, and not longer than told', async () => {
  const clock = new VirtualClock();
  const events = new EventLog(clock);
  const soon = events.after(0, ['recognised'], 1000, never);
  const late = events.after(0, ['answered'], 1000, never);
  await clock.advance(500);
  events.report(recognised);
  expect(await soon).toMatchObject({ event: recognised, atMs: 500 });
  await clock.advance(500);
  expect(await late).toBeUndefined();
});

test('whoever stops waiting throws their own reason', async () => {
  const caller = new AbortController();
  const waiting = new EventLog(new VirtualClock()).after(0, ['left'], 1000, caller.signal);
  const reason = new Error('left');
  caller.abort(reason);
  await expect(waiting).rejects.toBe(reason);
});

test('of two people who talk at once, each is followed alone', async () => {
  const clock = new VirtualClock();
  const events = new EventLog(clock);
  events.report(recognised);
  const { place } = events;
  const words = (name: string, text: string) => ({ ...recognised, name, text });
  const after = (from: number, name: string) =>
    events.after(from, ['recognised', 'failed'], 1000, never, name);
  events.report(words('Bob', 'one'));
  events.report(words('Adam', 'two'));
  events.report({ kind: 'failed', stage: 'think', code: 'provider.late', message: 'Late.' });
  const first = await after(place, 'Adam');
  expect(first).toMatchObject({ event: { text: 'two' } });
  expect(await after(first?.place ?? 0, 'Adam')).toMatchObject({ event: { kind: 'failed' } });
  const none = after(events.place, 'Adam');
  await clock.advance(1000);
  expect(await none).toBeUndefined();
});
