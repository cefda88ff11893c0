import { expect, test } from 'vitest';
import { text } from '#src/texts/texts.ts';
import { reportOf } from './report.ts';
import { questionOutcome, type TakeoverRound } from './round.ts';

const round: TakeoverRound = {
  fault: 'kill',
  owner: 'process-1',
  heardAgainMs: 4_000,
  question: 'named as lost',
};
const rounds = Array.from({ length: 50 }, () => round);

test('takeovers pass where people are heard again in time, no question is lost, and nobody acts twice', () => {
  const late = { ...round, heardAgainMs: 60_000 };
  const { failures, text } = reportOf([...rounds.slice(2), late, late], [], false);
  expect(failures).toEqual([]);
  expect(text).toMatch(/kill +50 +4\.0 s +4\.0 s +60\.0 s +0 +50 +0/);
});

test.each<readonly [string, Partial<TakeoverRound>, RegExp]>([
  ['somebody is never heard again', { heardAgainMs: undefined }, /heard again after Infinity s/],
  ['it takes too long', { heardAgainMs: 42_001 }, /heard again after 42\.0 s \(p95\), not 42\.0 s/],
  [
    'a stopped process takes too long to end',
    { fault: 'stop', goneMs: 6_001 },
    /gone after 6\.0 s, not/,
  ],
  ['a command is lost', { commands: { sent: 100, lost: 1 } }, /^kill: 1 commands lost/],
  ['a question is lost', { question: 'neither' }, /^kill: 1 questions neither/],
])('takeovers fail where %s', (_what, change, failure) => {
  const { failures } = reportOf([{ ...round, ...change }], [], false);
  expect(failures).toEqual([expect.stringMatching(failure)]);
});

test('takeovers fail where two processes acted for one server', () => {
  const violation = { kind: 'second-voice-session', guildId: '1', atMs: 5 } as const;
  const { failures } = reportOf(rounds, [violation], false);
  expect(failures).toEqual(['second-voice-session in 1 at 5 ms']);
});

test('a process that is alone has less time until it hears again, once it was stopped and started', () => {
  const stopped = [{ ...round, fault: 'stop', goneMs: 1_000, heardAgainMs: 5_001 } as const];
  expect(reportOf(stopped, [], false).failures).toEqual([]);
  expect(reportOf(stopped, [], true).failures).toEqual([
    expect.stringMatching(/^stop: heard again/),
  ]);
});

test('a question is lost unless its own person is answered, or its own server is told', () => {
  const sentence = text('seat.returned');
  const reported = [{ text: `[${sentence}]`, channelId: 'other', atMs: 20 }];
  expect(questionOutcome(reported, ['mine'], 10, false)).toBe('neither');
  expect(questionOutcome(reported, ['other'], 10, false)).toBe('named as lost');
  expect(questionOutcome(reported, ['other'], 30, false)).toBe('neither');
  expect(questionOutcome(reported, ['other'], 10, true)).toBe('answered');
});
