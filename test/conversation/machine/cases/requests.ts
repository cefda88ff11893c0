import { toPersonId } from '#src/base/ids.ts';
import {
  announcementAsked,
  begunForBridge,
  bridge,
  bridgeAsked,
  type ConversationCases,
  linkLost,
  linkUp,
  makePerson,
  makeRoom,
  makeRoomWith,
  noticeAsked,
  pauseWithWords,
  replyAudible,
  replyCutShort,
  replyOver,
  tickAt,
  voiceBegan,
  voiceEnded,
} from '#test/conversation/machine/conversation-case.ts';

export const requestsCases: ConversationCases = {
  'whoever waits until a text was heard learns how it ended, also where it was refused':
    [
      [announcementAsked(0, { request: 1 }), 'speak 100'],
      [[2, 3, 4, 5, 6, 7, 8, 9].map((n) => announcementAsked(n, { request: n }))],
      [announcementAsked(10, { request: 10 }), 'report 10: crowded'],
      [replyOver(100, 1_000, 'one'), 'report 1: completed', 'speak 101'],
      [{ kind: 'taken-back', request: 3, atMs: 1_100 }, 'report 3: withdrawn'],
      [{ kind: 'taken-back', request: 2, atMs: 1_200 }, 'cut 101'],
      [replyCutShort(101, 1_210, ''), 'report 2: withdrawn', 'speak 103'],
    ],
  'a text that was not heard when the link was lost comes again; one that was heard in part is lost':
    {
      steps: [
        [announcementAsked(0, { request: 1 }), 'speak 100'],
        [announcementAsked(10, { request: 2 })],
        [linkLost(100), 'discard 100'],
        [[tickAt(600), linkUp(700)], 'open-link', 'speak 100'],
        [[replyAudible(100, 800), ...linkLost(900)], 'cut 100', 'notice reconnecting'],
        [replyCutShort(100, 905, 'on'), 'report 1: lost'],
        [[tickAt(1_900), linkUp(2_000)], 'open-link', 'speak 101'],
      ],
    },
  'a reminder waits for a pause; to whom it cannot be said, is reported': [
    [voiceBegan(1, toPersonId('ben'), 0)],
    [noticeAsked(1, 'ana', 60_000, 100)],
    [[...pauseWithWords(1, 600, 'well, Cleo'), voiceEnded(1, 1_000)], 'speak 101'],
    [replyOver(101, 2_000, 'pasta'), 'report 1: completed'],
    [
      {
        kind: 'people',
        people: [
          makePerson(toPersonId('ana'), { isDeaf: true }),
          makePerson(toPersonId('ben')),
        ],
        atMs: 2_500,
      },
    ],
    [noticeAsked(2, 'ana', 63_000, 3_000), 'report 2: left'],
  ],
  'a reminder that found no pause is late': [
    [voiceBegan(1, toPersonId('ben'), 0)],
    [noticeAsked(1, undefined, 10_000, 100)],
    [tickAt(10_000), 'report 1: late'],
  ],
  'a greeting that may not wait is said where it is quiet, though it comes late; else never':
    [
      [noticeAsked(1, undefined, 100, 102), 'speak 100'],
      [replyOver(100, 2_000, 'hello'), 'report 1: completed'],
      [voiceBegan(1, toPersonId('ben'), 3_000)],
      [noticeAsked(2, undefined, 3_100, 3_100), 'report 2: late'],
    ],
  'typed questions wait, and are answered in their order and reported': {
    steps: [
      bridgeAsked,
      [
        {
          kind: 'typed',
          request: 1,
          by: toPersonId('ben'),
          name: 'ben',
          text: 'Quito?',
          atMs: 1_100,
        },
      ],
      [
        {
          kind: 'typed',
          request: 2,
          by: toPersonId('ben'),
          name: 'ben',
          text: 'Chile?',
          atMs: 1_200,
        },
      ],
      [
        [replyAudible(101, 1_300), replyOver(101, 2_000, 'Old.')],
        'begin 104 for ben: Quito?',
        'play 104 to ben',
      ],
      [
        [replyAudible(104, 3_000), replyOver(104, 4_000, 'Santiago.')],
        'report 1: completed',
        'begin 105 for ben: Chile?',
        'play 105 to ben',
      ],
    ],
  },
  'a message that is deleted while its answer is made or heard is not answered on': [
    [
      {
        kind: 'typed',
        request: 1,
        by: toPersonId('ben'),
        name: 'ben',
        text: 'Quito?',
        atMs: 0,
      },
      'begin 101 for ben: Quito?',
      'play 101',
    ],
    [replyAudible(101, 500)],
    [{ kind: 'taken-back', request: 1, atMs: 900 }, 'cut 101', 'report 1: withdrawn'],
  ],
  'called for captions only, it still reads texts out': {
    room: makeRoomWith(makeRoom('ana'), { mode: 'captions' }),
    steps: [[announcementAsked(0), 'speak 100']],
  },
  '/stop drops a question whose speaker is going on, and what they say next is a question of its own':
    {
      also: ['fact', 'forget'],
      steps: [
        [bridge, begunForBridge, 'utterance 1 of ana: meant', 'play 101'],
        [voiceBegan(2, toPersonId('ana'), 1_200), 'discard 101'],
        [{ kind: 'stop', atMs: 1_300 }, 'turn of ana: stopped', 'forget 1'],
      ],
    },
};
