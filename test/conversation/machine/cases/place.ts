import {
  audible,
  began,
  begunForBridge,
  bridge,
  type ConversationCases,
  called,
  cutShort,
  lost,
  reads,
  says,
  tick,
  up,
} from '#test/conversation/machine/conversation-case.ts';

export const placeCases: ConversationCases = {
  'a lost link: what was heard in part is over, what waits is answered when it is back, what is being said is not':
    {
      also: ['fact'],
      steps: [
        [bridge, begunForBridge, 'utterance 1 of ana: meant', 'play 101'],
        [audible(101, 1_200)],
        [says(2, 'ben', 1_300, 'Nova, Quito?'), 'utterance 2 of ben: meant'],
        [began(3, 'cleo', 2_400)],
        [lost(2_500), 'cut 101', 'utterance 3 of cleo: broken-off'],
        [cutShort(101, 2_505, 'It is'), 'known of ana: It is', 'turn of ana: lost'],
        [tick(2_999)],
        [tick(3_000), 'open-link'],
        [up(3_300), 'begin 104 for ben: Nova, Quito?', 'play 104 to ben'],
      ],
    },
  'sent out while somebody goes on with a question, it asks nothing more': {
    also: ['fact'],
    steps: [
      [bridge, begunForBridge, 'utterance 1 of ana: meant', 'play 101'],
      [began(2, 'ana', 1_800), 'hold 101'],
      [
        { kind: 'leave', why: 'asked', atMs: 2_000 },
        'utterance 2 of ana: broken-off',
        'discard 101',
        'turn of ana: left',
        'end asked',
      ],
    ],
  },
  'sent out by a command it falls silent at once; what was heard is kept; what runs and waits ends':
    {
      also: ['fact'],
      steps: [
        [bridge, begunForBridge, 'utterance 1 of ana: meant', 'play 101'],
        [audible(101, 1_200)],
        [called(101, 'look', 'page', 'read', 1_250), 'run 102: look page for ana'],
        [reads('one', 1_300, { request: 1 })],
        [
          { kind: 'leave', why: 'asked', atMs: 1_400 },
          'stop-run 102',
          'cut 101',
          'report 1: left',
          'end asked',
        ],
        [cutShort(101, 1_405, 'It is'), 'known of ana: It is', 'turn of ana: left'],
      ],
    },
};
