import { toGuildId, toPersonId } from '#src/base/ids.ts';
import { conversationRules } from '#src/conversation/machine/conversation-rules.ts';
import type { ConversationEvent } from '#src/conversation/machine/events.ts';
import {
  initialReconnect,
  planRetry,
  reconnectRules,
} from '#src/conversation/machine/reconnect-policy.ts';
import { stepConversation } from '#src/conversation/machine/step.ts';
import { ShardPace } from '#src/discord/link/signal-pace.ts';
import { addressingCases } from '#test/conversation/machine/cases/addressing.ts';
import { bargeInCases } from '#test/conversation/machine/cases/barge-in.ts';
import { commandCases } from '#test/conversation/machine/cases/commands.ts';
import { consentCases } from '#test/conversation/machine/cases/consent.ts';
import { placeCases } from '#test/conversation/machine/cases/place.ts';
import { presenceCases } from '#test/conversation/machine/cases/presence.ts';
import { requestsCases } from '#test/conversation/machine/cases/requests.ts';
import { toolsCases } from '#test/conversation/machine/cases/tools.ts';
import { turnsCases } from '#test/conversation/machine/cases/turns.ts';
import { waitingCases } from '#test/conversation/machine/cases/waiting.ts';
import {
  announcementAsked,
  bridge,
  consentGiven,
  formatEffect,
  makeRoom,
  makeRoomAfter,
  pauseWithWords,
  replyAudible,
  replyBarged,
  replyOver,
  saidByBen,
  saysWhole,
  timerAsked,
  toolCalled,
  toolReturned,
  voiceBegan,
  voiceEnded,
} from './conversation-case.ts';
import { listSteps, playCase } from './play-case.ts';

const cases = Object.entries({
  ...turnsCases,
  ...addressingCases,
  ...bargeInCases,
  ...waitingCases,
  ...toolsCases,
  ...consentCases,
  ...requestsCases,
  ...placeCases,
  ...commandCases,
  ...presenceCases,
});

test.each(cases)('%s', (_name, scene) =>
  expect(playCase(scene)).toEqual(listSteps(scene).map(([, ...effects]) => effects)),
);

const ana = toPersonId('ana');

function playEvents(
  events: readonly (ConversationEvent | readonly ConversationEvent[])[],
  room = makeRoom('ana', 'ben'),
) {
  let state = room;
  const effects: string[] = [];
  for (const event of events.flat()) {
    const next = stepConversation(state, event, conversationRules);
    state = next.state;
    effects.push(...next.effects.map((effect) => formatEffect(effect, state)));
  }
  return { state, effects };
}

test('a spoken stop ends the tool of the answer that sounds', () => {
  const { effects, state } = playEvents([
    bridge,
    toolCalled(101, 'volume', '50', 'change', 1_100),
    replyAudible(101, 1_200),
    replyBarged(101, 'stop', 1_400),
  ]);
  expect(state.tools.runs).toEqual([]);
  expect(effects.filter((effect) => effect.startsWith('stop-run'))).toHaveLength(1);
});

test('a yes counts no more once the bot has begun to say something else', () => {
  const question = 'Set a timer of 10? Say yes.';
  const { state } = playEvents(
    [
      timerAsked[0],
      toolCalled(101, 'timer', '10', 'last', 1_100, { isSayable: true }),
      replyAudible(101, 3_000),
      replyOver(101, 5_000, question),
      announcementAsked(6_000),
      replyAudible(103, 6_100),
      replyOver(103, 8_000, 'A line.'),
      saysWhole(2, ana, 9_000, 'yes'),
    ],
    makeRoomAfter(saidByBen),
  );
  const states = state.tools.confirmations.map(({ spokenYes }) => spokenYes?.state);
  expect(states).not.toContain('accepted');
});

// Each side of the first sound, and the very instant.
test.each([1_100, 1_199, 1_200, 1_201, 1_300])(
  'words that still sound when the answer does are said over it, begun at %i ms',
  (fromMs) => {
    const began = voiceBegan(2, toPersonId('ben'), fromMs);
    const audible = replyAudible(101, 1_200);
    const inOrder = fromMs <= 1_200 ? [began, audible] : [audible, began];
    const { effects, state } = playEvents([
      bridge,
      ...inOrder,
      pauseWithWords(2, 1_900, 'Nova, wait'),
      voiceEnded(2, 2_300),
    ]);
    expect(effects).not.toContain('utterance 2 of ben: meant');
    expect(state.turnQueue.waiting).toEqual([]);
  },
);

// Another question to the model would carry the words of somebody who has said no.
test.each([
  ['before', [consentGiven(toPersonId('ben'), 'no', 1_300)], [1_400]],
  ['after', [], [1_250]],
])(
  'a tool called %s a no of others leads to no further question to the model',
  (_, no, [calledMs = 0]) => {
    const room = makeRoomAfter(saidByBen);
    const { effects } = playEvents(
      [
        bridge,
        replyAudible(101, 1_200),
        ...no,
        toolCalled(101, 'look', '', 'read', calledMs),
        consentGiven(toPersonId('ben'), 'no', 1_500),
        toolReturned(102, 'seen', 1_600),
      ],
      room,
    );
    expect(
      effects.some((effect) => /^(?:finish-clause|cut|discard) 101/.test(effect)),
    ).toBe(true);
    expect(effects.filter((effect) => effect.startsWith('result'))).toEqual([]);
  },
);

test('an answer that waits for a tool when another person says no is begun anew', () => {
  const { effects } = playEvents(
    [
      bridge,
      replyAudible(101, 1_200),
      toolCalled(101, 'look', '', 'read', 1_250),
      consentGiven(toPersonId('ben'), 'no', 1_500),
    ],
    makeRoomAfter(saidByBen),
  );
  const discarded = effects.indexOf('discard 101');
  expect(discarded).toBeGreaterThan(-1);
  expect(effects.slice(discarded).some((text) => text.startsWith('play'))).toBe(true);
});

/** Reactions to `losses` in turn, with their times; between a return and the next loss the link holds for `heldMs`. */
function playLosses(
  losses: readonly { readonly heldMs?: number }[],
  { restMs = 0, tookMs = 0 } = {},
) {
  let comeback = initialReconnect;
  let atMs = 0;
  const waits: number[] = [];
  const triesAtMs: number[] = [];
  for (const { heldMs } of losses) {
    const lost = { atMs, random: 1, restMs };
    const { reconnect, waitMs } = planRetry(comeback, lost, reconnectRules);
    comeback = reconnect;
    if (waitMs === undefined) return { waits, triesAtMs, gaveUp: true };
    waits.push(waitMs);
    atMs += waitMs;
    triesAtMs.push(atMs);
    atMs += tookMs;
    if (heldMs === undefined) continue;
    comeback = { ...comeback, upAtMs: atMs };
    atMs += heldMs;
  }
  return { waits, triesAtMs, gaveUp: false };
}

const repeatLoss = (times: number) => Array.from({ length: times }, () => ({}));

test('the longest waits double up to half a minute, and the tenth try is the last', () =>
  expect(playLosses(repeatLoss(20))).toMatchObject({
    waits: [500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000, 30_000],
    gaveUp: true,
  }));

test('the bot does not wait for a reconnect that would take longer than five minutes', () => {
  expect(playLosses(repeatLoss(1), { restMs: 300_001 })).toMatchObject({
    waits: [],
    gaveUp: true,
  });
  const hanging = playLosses(repeatLoss(20), { tookMs: 60_000 });
  expect([hanging.triesAtMs.length, hanging.gaveUp]).toEqual([5, true]);
});

test('a link that held for a minute begins anew when it is lost', () => {
  const held = playLosses([
    ...repeatLoss(3),
    { heldMs: 60_000 },
    { heldMs: 59_999 },
    {},
  ]);
  expect(held.waits).toEqual([500, 1_000, 2_000, 4_000, 500, 1_000]);
});

test('waiting for the own pace of joins counts neither as a try nor as time', () => {
  const listWaits = (events: readonly ('paced' | 'lost')[]) => {
    let [comeback, atMs] = [initialReconnect, 0];
    const tried = [];
    for (const kind of events) {
      const paceMs = kind === 'paced' ? 55_000 : undefined;
      const lost = { atMs, random: 0.5, restMs: 0, paceMs };
      const { reconnect, waitMs } = planRetry(comeback, lost, reconnectRules);
      comeback = reconnect;
      if (waitMs === undefined) return [...tried, 'gave up'];
      tried.push(reconnect.losses);
      atMs += waitMs;
    }
    return tried;
  };
  const paced = Array.from({ length: 40 }, () => 'paced' as const);
  expect(listWaits(['lost', ...paced, 'lost'])).toEqual([...Array(41).fill(1), 2]);
  const lost = Array.from({ length: 12 }, () => 'lost' as const);
  expect(listWaits([...paced, ...lost]).indexOf('gave up')).toBe(49);
});

test('the sixty-first join of a shard waits until a minute after the first', () => {
  const shard = new ShardPace();
  for (let n = 0; n < 60; n++) shard.admitJoin(toGuildId(`${n}`), 1_000, 1_000);
  const free = [11_000, 61_000].map((atMs) => shard.findFreeMs(toGuildId('60'), atMs));
  expect(free).toEqual([61_000, 61_000]);
});
