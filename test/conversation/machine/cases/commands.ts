import {
  audible,
  began,
  begunForBridge,
  bridge,
  type ConversationCases,
  called,
  consents,
  cutShort,
  ended,
  over,
  pause,
  reads,
  returned,
  roomAfter,
  saidByBen,
  says,
  tick,
  timerAsked,
} from '#test/conversation/machine/conversation-case.ts';

const stops: ConversationCases = {
  '"stop" right after an own question ends it: it is not asked again': {
    also: ['fact'],
    steps: [
      [bridge, begunForBridge, 'utterance 1 of ana: meant', 'play 101'],
      [began(2, 'ana', 1_500), 'hold 101'],
      [
        [...pause(2, 2_000, 'stop'), ended(2, 2_400)],
        'utterance 2 of ana: other',
        'discard 101',
        'turn of ana: stopped',
      ],
      [tick(9_000)],
    ],
  },
  '"stop" before the first sound of a text drops the text': [
    [reads('A text.', 0, { request: 1 }), 'speak 100: A text.'],
    [says(1, 'ana', 100, 'stop'), 'cut 100'],
    [cutShort(100, 1_110, ''), 'report 1: stopped'],
  ],
  'an "mhm" over a text leaves the question before it as it was': [
    [reads('A text.', 0), 'speak 100: A text.'],
    [audible(100, 50)],
    [says(1, 'ana', 100, 'Nova, the bridge?')],
    [says(2, 'ana', 1_500, 'mhm')],
    [over(100, 4_000, 'A text.'), 'begin 102 for ana: Nova, the bridge?', 'play 102 to ana'],
  ],
};

const confirmations: ConversationCases = {
  'a tool with an effect runs once in an answer, whatever its arguments are': [
    timerAsked,
    [called(101, 'timer', '10', 'change', 1_100), 'run 102: timer 10 for ana'],
    [called(101, 'timer', '20', 'change', 1_200), 'result for 101: once in an answer is enough'],
    [returned(102, 'set', 1_300), 'result for 101: set'],
  ],
  'a call that changed nothing may be made again for the same question': [
    timerAsked,
    [called(101, 'timer', '10', 'last', 1_100), 'run 102: timer 10 for ana'],
    [
      { kind: 'returned', run: 102, result: 'no time given', isVain: true, atMs: 1_150 },
      'result for 101: no time given',
    ],
    [began(2, 'ana', 1_400), 'hold 101'],
    [
      [...pause(2, 1_700, 'of ten minutes'), ended(2, 2_100)],
      'discard 101',
      'begin 103 for ana: Nova, a timer of ten minutes',
      'play 103',
    ],
    [called(103, 'timer', '10', 'last', 2_200), 'run 104: timer 10 for ana'],
  ],
  'a change that anybody can undo runs again for a grown question without Confirm': [
    timerAsked,
    [called(101, 'volume', '5', 'change', 1_050), 'run 102: volume 5 for ana'],
    [returned(102, 'five', 1_100), 'result for 101: five'],
    [began(2, 'ana', 1_900), 'hold 101'],
    [
      [...pause(2, 2_300, 'and seven'), ended(2, 2_700)],
      'discard 101',
      'begin 103 for ana: Nova, a timer and seven, done: volume 5 = five',
      'play 103',
    ],
    [called(103, 'volume', '7', 'change', 2_800), 'run 104: volume 7 for ana'],
  ],
  'a question of Confirm is not asked aloud after another call of the same answer': {
    room: roomAfter(saidByBen),
    steps: [
      timerAsked,
      [called(101, 'clock', '', 'read', 1_050), 'run 102: clock  for ana'],
      [
        called(101, 'timer', '10', 'last', 1_100, { isSayable: true }),
        'ask 103 ana: timer',
        'result for 101: waits for Confirm',
      ],
    ],
  },
  'a no of the person who has to press closes the question of Confirm': [
    timerAsked,
    [
      called(101, 'note', 'ben', 'last', 1_100, { presser: 'ben' }),
      'ask 102 ben: note',
      'result for 101: waits for Confirm',
    ],
    [consents('ben', 'no', 2_000), 'close-ask 102', 'forget-person ben'],
  ],
};

export const commandCases: ConversationCases = { ...stops, ...confirmations };
