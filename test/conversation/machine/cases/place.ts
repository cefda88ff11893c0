import {
  audible,
  began,
  begunForBridge,
  bridge,
  bridgeAsked,
  type ConversationCases,
  called,
  consents,
  cutShort,
  lost,
  pause,
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
  'a text that a no or a stop has cut is not read out when the link is back': [
    [reads('A secret.', 0, { about: ['ana'] }), 'speak 100: A secret.'],
    [consents('ana', 'no', 100), 'cut 100', 'forget-person ana'],
    [[...lost(110), tick(700), up(800)], 'open-link'],
    [cutShort(100, 900, '')],
    [reads('Two.', 1_000), 'speak 101: Two.'],
    [{ kind: 'stop', atMs: 1_100 }, 'cut 101'],
    [[...lost(1_110), tick(2_200), up(2_300)], 'notice reconnecting', 'open-link'],
  ],
  'an answer of which no word was heard is given again when the link is back': [
    bridgeAsked,
    [audible(101, 1_200)],
    [lost(1_300, 1, false), 'discard 101'],
    [[tick(1_800), up(2_000)], 'open-link', 'begin 102 for ana: Nova, the bridge?', 'play 102'],
  ],
  'what was heard before a tool that still runs when the link is lost is said again': [
    bridgeAsked,
    [audible(101, 1_200)],
    [called(101, 'look', 'page', 'read', 1_250), 'run 102: look page for ana'],
    [lost(1_300), 'discard 101', 'stop-run 102'],
    [[tick(1_800), up(2_000)], 'open-link', 'begin 103 for ana: Nova, the bridge?', 'play 103'],
  ],
  'a question whose words are known ends with its pause when the link is lost': [
    [[began(1, 'ana', 0), ...pause(1, 600, 'Nova, the bridge?')], begunForBridge],
    [lost(800)],
    [[tick(1_300), up(1_400)], 'open-link', 'play 101'],
  ],
  'a question while the process ends is told as unanswered': {
    also: ['fact'],
    steps: [
      [{ kind: 'draining', atMs: 0 }],
      [
        { kind: 'typed', request: 1, by: 'ana', name: 'Ana', text: 'Now?', atMs: 100 },
        'notice unanswered for ana',
        'dropped ana: ending',
        'report 1: ending',
        'turn of ana: ending',
      ],
    ],
  },
  'a link that may be tried at once is tried': [[lost(100, 0), 'open-link'], [up(300)]],
  'between the end of a connection and the report of its loss nothing is said': [
    bridgeAsked,
    [{ kind: 'link-down', isHeard: false, atMs: 1_100 }, 'discard 101'],
    [says(2, 'ben', 1_200, 'Nova, Quito?')],
    [{ kind: 'link-lost', random: 0, restMs: 0, final: undefined, atMs: 2_300 }, 'open-link'],
    [up(2_400), 'begin 103 for ana: Nova, the bridge?', 'play 103'],
  ],
  'sent out while somebody goes on with a question, it asks nothing more': {
    also: ['fact'],
    steps: [
      [bridge, begunForBridge, 'utterance 1 of ana: meant', 'play 101'],
      [began(2, 'ana', 1_800), 'discard 101'],
      [
        { kind: 'leave', why: 'asked', atMs: 2_000 },
        'utterance 2 of ana: broken-off',
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
