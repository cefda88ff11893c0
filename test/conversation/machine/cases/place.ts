import { toPersonId } from '#src/base/ids.ts';
import {
  announcementAsked,
  begunForBridge,
  bridge,
  bridgeAsked,
  type ConversationCases,
  consentGiven,
  linkLost,
  linkUp,
  pauseWithWords,
  replyAudible,
  replyCutShort,
  saysWhole,
  tickAt,
  toolCalled,
  voiceBegan,
} from '#test/conversation/machine/conversation-case.ts';

export const placeCases: ConversationCases = {
  'a lost link: what was heard in part is over, what waits is answered when it is back, what is being said is not':
    {
      also: ['fact'],
      steps: [
        [bridge, begunForBridge, 'utterance 1 of ana: meant', 'play 101'],
        [replyAudible(101, 1_200)],
        [
          saysWhole(2, toPersonId('ben'), 1_300, 'Nova, Quito?'),
          'utterance 2 of ben: meant',
        ],
        [voiceBegan(3, toPersonId('cleo'), 2_400)],
        [linkLost(2_500), 'cut 101', 'utterance 3 of cleo: cancelled'],
        [
          replyCutShort(101, 2_505, 'It is'),
          'known of ana: It is',
          'turn of ana: lost',
        ],
        [tickAt(2_999)],
        [tickAt(3_000), 'open-link'],
        [linkUp(3_300), 'begin 104 for ben: Nova, Quito?', 'play 104 to ben'],
      ],
    },
  'a text that a no or a stop has cut is not read out when the link is back': [
    [announcementAsked(0, { about: [toPersonId('ana')] }), 'speak 100'],
    [consentGiven(toPersonId('ana'), 'no', 100), 'cut 100', 'forget-person ana'],
    [[...linkLost(110), tickAt(700), linkUp(800)], 'open-link'],
    [replyCutShort(100, 900, '')],
    [announcementAsked(1_000), 'speak 101'],
    [{ kind: 'stop', atMs: 1_100 }, 'cut 101'],
    [
      [...linkLost(1_110), tickAt(2_200), linkUp(2_300)],
      'notice reconnecting',
      'open-link',
    ],
  ],
  'an answer of which no word was heard is given again when the link is back': [
    bridgeAsked,
    [replyAudible(101, 1_200)],
    [linkLost(1_300, 1, false), 'discard 101'],
    [
      [tickAt(1_800), linkUp(2_000)],
      'open-link',
      'begin 102 for ana: Nova, the bridge?',
      'play 102',
    ],
  ],
  'what was heard before a tool that still runs when the link is lost is said again': [
    bridgeAsked,
    [replyAudible(101, 1_200)],
    [toolCalled(101, 'look', 'page', 'read', 1_250), 'run 102: look page for ana'],
    [linkLost(1_300), 'discard 101', 'stop-run 102'],
    [
      [tickAt(1_800), linkUp(2_000)],
      'open-link',
      'begin 103 for ana: Nova, the bridge?',
      'play 103',
    ],
  ],
  'a question whose words are known ends with its pause when the link is lost': [
    [
      [
        voiceBegan(1, toPersonId('ana'), 0),
        ...pauseWithWords(1, 600, 'Nova, the bridge?'),
      ],
      begunForBridge,
    ],
    [linkLost(800)],
    [[tickAt(1_300), linkUp(1_400)], 'open-link', 'play 101'],
  ],
  'a question while the process ends is told as unanswered': {
    also: ['fact'],
    steps: [
      [{ kind: 'draining', atMs: 0 }],
      [
        {
          kind: 'typed',
          request: 1,
          by: toPersonId('ana'),
          name: 'Ana',
          text: 'Now?',
          atMs: 100,
        },
        'notice unanswered',
        'dropped ana: ending',
        'report 1: ending',
        'turn of ana: ending',
      ],
    ],
  },
  'a link that may be tried at once is tried': [
    [linkLost(100, 0), 'open-link'],
    [linkUp(300)],
  ],
  'between the end of a connection and the report of its loss nothing is said': [
    bridgeAsked,
    [{ kind: 'link-down', isHeard: false, atMs: 1_100 }, 'discard 101'],
    [saysWhole(2, toPersonId('ben'), 1_200, 'Nova, Quito?')],
    [
      { kind: 'link-lost', random: 0, restMs: 0, final: undefined, atMs: 2_300 },
      'open-link',
    ],
    [linkUp(2_400), 'begin 103 for ana: Nova, the bridge?', 'play 103'],
  ],
  'sent out while somebody goes on with a question, it asks nothing more': {
    also: ['fact'],
    steps: [
      [bridge, begunForBridge, 'utterance 1 of ana: meant', 'play 101'],
      [voiceBegan(2, toPersonId('ana'), 1_800), 'discard 101'],
      [
        { kind: 'leave', why: 'asked', atMs: 2_000 },
        'utterance 2 of ana: cancelled',
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
        [replyAudible(101, 1_200)],
        [toolCalled(101, 'look', 'page', 'read', 1_250), 'run 102: look page for ana'],
        [announcementAsked(1_300, { request: 1 })],
        [
          { kind: 'leave', why: 'asked', atMs: 1_400 },
          'stop-run 102',
          'cut 101',
          'report 1: left',
          'end asked',
        ],
        [
          replyCutShort(101, 1_405, 'It is'),
          'known of ana: It is',
          'turn of ana: left',
        ],
      ],
    },
};
