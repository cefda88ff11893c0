import { toGuildId, toPersonId } from '#src/base/ids.ts';
import type { ReplyFinish } from '#src/base/play-end.ts';
import { SpeedStats } from '#src/ops/speed-stats.ts';
import type { SessionEvent } from '#src/ports/session-events.ts';
import { toLogged } from '#test/fakes/to-logged.ts';

function makeAnswered(
  startMs: number | undefined,
  finish: ReplyFinish = 'completed',
): SessionEvent {
  const sent = startMs !== undefined && { firstSentAtMs: 1000 + startMs };
  const instants = { heardAtMs: 1000, endedAtMs: 1180, ...sent };
  const who = {
    speakerId: toPersonId('adam'),
    name: 'Adam',
    text: 'secret',
    heardText: 'secret',
  };
  return { kind: 'answered', answerId: 1, ...who, finish, instants };
}

function statsOf(...events: readonly SessionEvent[]) {
  const stats = new SpeedStats();
  for (const event of events) stats.report(toGuildId('g'), event);
  return stats;
}

test('the speed is the median and the 95th percentile of the answers that were heard', () => {
  const stats = statsOf(
    ...Array.from({ length: 20 }, (_, n) => makeAnswered((n + 1) * 10)),
  );
  expect(stats.speed(toGuildId('g'))).toEqual({
    turns: 20,
    p50Ms: 100,
    p95Ms: 190,
    failed: 0,
  });
});

test('answers that failed are counted among all, and a recogniser that fails is no answer', () => {
  const failed: SessionEvent = {
    kind: 'failed',
    stage: 'recognise',
    code: 'provider.late',
    message: toLogged('Late.'),
  };
  const stats = statsOf(makeAnswered(300), makeAnswered(undefined, 'failed'), failed);
  expect(stats.speed(toGuildId('g'))).toMatchObject({ turns: 2, failed: 1 });
});

test('calls that were left are counted by server, with the time of the last one', () => {
  const stats = new SpeedStats();
  const guildId = toGuildId('g');
  expect(stats.findLeftCalls(guildId)).toBeUndefined();
  stats.noteLeftCall(guildId, 1_000);
  stats.noteLeftCall(toGuildId('h'), 1_500);
  stats.noteLeftCall(guildId, 2_000);
  expect(stats.findLeftCalls(guildId)).toEqual({ count: 2, lastWallMs: 2_000 });
});

test('paid time of a live model is counted by server', () => {
  const stats = new SpeedStats();
  const guildId = toGuildId('g');
  expect(stats.getTalkMs(guildId)).toBe(0);
  for (const talkMs of [60_000, 12_000])
    stats.report(guildId, { kind: 'spent', what: 'think', usd: 0.05, talkMs });
  stats.report(toGuildId('h'), { kind: 'spent', what: 'think', usd: 0.05 });
  expect([stats.getTalkMs(guildId), stats.getTalkMs(toGuildId('h'))]).toEqual([
    72_000, 0,
  ]);
});
