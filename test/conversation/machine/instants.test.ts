import { toPersonId } from '#src/base/ids.ts';
import { conversationRules } from '#src/conversation/machine/conversation-rules.ts';
import type { ConversationEvent } from '#src/conversation/machine/events.ts';
import { stepConversation } from '#src/conversation/machine/step.ts';
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
