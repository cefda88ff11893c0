import {
  audible,
  began,
  begunForBridge,
  bridge,
  bridgeAsked,
  type ConversationCases,
  cutShort,
  ended,
  lost,
  notifies,
  over,
  pause,
  person,
  reads,
  room,
  roomWith,
  tick,
  up,
} from '#test/conversation/machine/conversation-case.ts';

export const requestsCases: ConversationCases = {
  'whoever waits until a text was heard learns how it ended, also where it was refused': [
    [reads('one', 0, { request: 1 }), 'speak 100: one'],
    [[2, 3, 4, 5, 6, 7, 8, 9].map((n) => reads(`${n}`, n, { request: n }))],
    [reads('ten', 10, { request: 10 }), 'report 10: full'],
    [over(100, 1_000, 'one'), 'report 1: completed', 'speak 101: 2'],
    [{ kind: 'taken-back', request: 3, atMs: 1_100 }, 'report 3: withdrawn'],
    [{ kind: 'taken-back', request: 2, atMs: 1_200 }, 'cut 101'],
    [cutShort(101, 1_210, ''), 'report 2: withdrawn', 'speak 103: 4'],
  ],
  'a text that was not heard when the link was lost comes again; one that was heard in part is lost':
    {
      steps: [
        [reads('one', 0, { request: 1 }), 'speak 100: one'],
        [reads('two', 10, { request: 2 })],
        [lost(100), 'discard 100'],
        [[tick(600), up(700)], 'open-link', 'speak 100: one'],
        [[audible(100, 800), ...lost(900)], 'cut 100', 'notice reconnecting'],
        [cutShort(100, 905, 'on'), 'report 1: lost'],
        [[tick(1_900), up(2_000)], 'open-link', 'speak 101: two'],
      ],
    },
  'a reminder waits for a pause; to whom it cannot be said, is reported': [
    [began(1, 'ben', 0)],
    [notifies(1, 'ana', 'pasta', 60_000, 100)],
    [[...pause(1, 600, 'well, Cleo'), ended(1, 1_000)], 'speak 101: pasta'],
    [over(101, 2_000, 'pasta'), 'report 1: completed'],
    [
      {
        kind: 'people',
        people: [person('ana', { isDeaf: true }), person('ben')],
        atMs: 2_500,
      },
    ],
    [notifies(2, 'ana', 'rice', 63_000, 3_000), 'report 2: left'],
  ],
  'a reminder that found no pause is late': [
    [began(1, 'ben', 0)],
    [notifies(1, undefined, 'pasta', 10_000, 100)],
    [tick(10_000), 'report 1: late'],
  ],
  'a greeting that may not wait is said where it is quiet, though it comes late; else never': [
    [notifies(1, undefined, 'hello', 100, 102), 'speak 100: hello'],
    [over(100, 2_000, 'hello'), 'report 1: completed'],
    [began(1, 'ben', 3_000)],
    [notifies(2, undefined, 'hello', 3_100, 3_100), 'report 2: late'],
  ],
  'a typed question is answered in its turn and reported; a second one takes its place while it waits':
    {
      steps: [
        bridgeAsked,
        [{ kind: 'typed', request: 1, by: 'ben', name: 'ben', text: 'Quito?', atMs: 1_100 }],
        [
          { kind: 'typed', request: 2, by: 'ben', name: 'ben', text: 'Chile?', atMs: 1_200 },
          'report 1: replaced',
        ],
        [
          [audible(101, 1_300), over(101, 2_000, 'Old.')],
          'begin 104 for ben: Chile?',
          'play 104 to ben',
        ],
        [[audible(104, 3_000), over(104, 4_000, 'Santiago.')], 'report 2: completed'],
      ],
    },
  'a message that is deleted while its answer is made or heard is not answered on': [
    [
      { kind: 'typed', request: 1, by: 'ben', name: 'ben', text: 'Quito?', atMs: 0 },
      'begin 101 for ben: Quito?',
      'play 101',
    ],
    [audible(101, 500)],
    [{ kind: 'taken-back', request: 1, atMs: 900 }, 'cut 101', 'report 1: withdrawn'],
  ],
  'called for captions only, it still reads texts out': {
    room: roomWith(room('ana'), { mode: 'captions' }),
    steps: [[reads('one', 0), 'speak 100: one']],
  },
  '/stop drops a question whose speaker is going on, and what they say next is a question of its own':
    {
      also: ['fact', 'forget'],
      steps: [
        [bridge, begunForBridge, 'utterance 1 of ana: meant', 'play 101'],
        [began(2, 'ana', 1_200), 'discard 101'],
        [{ kind: 'stop', atMs: 1_300 }, 'forget 1', 'turn of ana: stopped'],
      ],
    },
};
