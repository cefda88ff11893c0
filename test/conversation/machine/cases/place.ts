import {
  audible,
  began,
  begunForBridge,
  bridge,
  bridgeAsked,
  type ConversationCases,
  called,
  cutShort,
  lost,
  present,
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
  'tries wait longer and longer; the channel reads it at the second; after ten it is over': [
    [lost(0)],
    [tick(500), 'open-link'],
    [lost(600), 'notice reconnecting'],
    [tick(1_599)],
    [tick(1_600), 'open-link'],
    [
      [3, 4, 5, 6, 7, 8, 9, 10].map((n) => lost(2_000 + n, 0)),
      ...Array.from({ length: 8 }, () => 'open-link'),
    ],
    [lost(3_000), 'end refused'],
  ],
  'sent away, it does not come back': [
    [{ kind: 'link-lost', random: 1, restMs: 0, final: 'sent-away', atMs: 0 }, 'end sent-away'],
    [tick(5_000)],
  ],
  'while a moderator mutes it nothing waits and nothing is made; whoever typed is told': [
    [
      { kind: 'typed', request: 1, by: 'ana', name: 'ana', text: 'Quito?', atMs: 0 },
      'begin 101 for ana: Quito?',
      'play 101',
    ],
    [{ kind: 'muted', isMuted: true, atMs: 100 }, 'discard 101', 'report 1: muted'],
    [
      { kind: 'typed', request: 2, by: 'ana', name: 'ana', text: 'Quito?', atMs: 200 },
      'report 2: muted',
    ],
    [says(1, 'ben', 300, 'Nova, two?')],
    [{ kind: 'muted', isMuted: false, atMs: 2_000 }],
    [says(2, 'ben', 3_000, 'Nova, two?'), 'begin 105 for ben: Nova, two?', 'play 105'],
  ],
  'the process ends: the clause that sounds ends, those who wait read that they are not answered': [
    bridgeAsked,
    [audible(101, 1_200)],
    [says(2, 'ben', 1_300, 'Nova, Quito?')],
    [{ kind: 'draining', atMs: 3_000 }, 'finish-clause 101', 'notice unanswered for ben'],
    [says(3, 'cleo', 3_100, 'Nova, three?')],
    [cutShort(101, 4_500, 'It is old.')],
  ],
  'alone for a minute it leaves': [
    [present(0)],
    [tick(59_999)],
    [present(59_999, 'ana')],
    [present(70_000)],
    [tick(130_000), 'end alone'],
  ],
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
