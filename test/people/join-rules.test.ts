import { expect, test } from 'vitest';
import { type ChannelFacts, judgeJoin } from '#src/people/join-rules.ts';
import { fineFacts } from '#test/fakes/channel-facts.ts';
import { fc } from '#test/properties.ts';

const nowMs = Date.UTC(2026, 10, 20, 16, 25);

/** A channel that anybody may enter, but for `odds`. */
function channel(odds: Partial<ChannelFacts> = {}): ChannelFacts {
  return { ...fineFacts, members: 3, ...odds };
}

test.each([
  ['is entered where nothing stands in the way', {}, { kind: 'fine' }],
  [
    'that the bot cannot see is named before it is called full',
    { mayView: false, limit: 3 },
    { kind: 'no-view' },
  ],
  [
    'that the caller may not enter is not entered for them',
    { callerMayEnter: false, mayView: false },
    { kind: 'forbidden' },
  ],
  ['needs Connect', { mayConnect: false }, { kind: 'no-connect' }],
  ['needs Speak', { maySpeak: false }, { kind: 'no-speak' }],
  ['for people who are away is not entered', { isAfk: true }, { kind: 'afk' }],
  [
    'on a stage is entered without Speak, as audience',
    { kind: 'stage', maySpeak: false },
    { kind: 'stage' },
  ],
  ['with one seat left is entered', { limit: 4 }, { kind: 'fine' }],
  ['that is full says how full', { limit: 3 }, { kind: 'full', members: 3, limit: 3 }],
  [
    'that is full is entered by who may move members',
    { limit: 3, mayMoveMembers: true },
    { kind: 'fine' },
  ],
] as const)('a channel %s', (_sentence, odds, verdict) => {
  expect(judgeJoin(channel(odds), nowMs)).toEqual(verdict);
});

test('a timeout counts until it is over', () => {
  const timedOut = channel({ timedOutUntilMs: nowMs + 1 });
  expect(judgeJoin(timedOut, nowMs)).toEqual({ kind: 'timed-out', untilMs: nowMs + 1 });
  expect(judgeJoin(timedOut, nowMs + 1)).toEqual({ kind: 'fine' });
});

test('without a limit a channel is never full', () => {
  fc.assert(
    fc.property(fc.nat(), (members) => {
      expect(judgeJoin(channel({ members }), nowMs)).toEqual({ kind: 'fine' });
    }),
  );
});

test('where nothing was told of rights, the only way to know is to try', () => {
  const facts = channel({ certain: false, mayView: false, mayConnect: false, maySpeak: false });
  expect(judgeJoin(facts, 0)).toEqual({ kind: 'fine' });
});
