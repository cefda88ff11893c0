import {
  audible,
  began,
  type ConversationCases,
  ended,
  over,
  pause,
  present,
  reads,
  room,
  roomWith,
  says,
} from '#test/conversation/machine/conversation-case.ts';

export const addressingCases: ConversationCases = {
  'who pressed Ask needs no name, and in the mode window nobody else is recognised': {
    room: roomWith(room('ana', 'ben'), { addressing: 'window' }),
    also: ['listen'],
    steps: [
      [says(1, 'ben', 0, 'Nova, two?')],
      [{ kind: 'opened-window', by: 'ana', atMs: 2_000 }],
      [
        says(2, 'ana', 3_000, 'the bridge?'),
        'listen 2 of ana',
        'begin 102 for ana: the bridge?',
        'play 102',
      ],
    ],
  },
  'what somebody began to say alone is answered, whoever comes in meanwhile': {
    room: room('ana'),
    steps: [
      [began(1, 'ana', 0)],
      [present(100, 'ana', 'ben')],
      [
        [...pause(1, 600, 'the bridge?'), ended(1, 1_000)],
        'begin 101 for ana: the bridge?',
        'play 101',
      ],
    ],
  },
  'who goes on with a question is answered, also where the answer ends meanwhile': {
    room: room('ana'),
    steps: [
      [[began(1, 'ana', 0), ...pause(1, 600, 'the bridge?')], 'begin 101 for ana: the bridge?'],
      [ended(1, 1_000), 'play 101'],
      [audible(101, 1_200)],
      [began(2, 'ana', 1_900)],
      [over(101, 2_200, 'Old.')],
      [pause(2, 2_500, 'and long?'), 'begin 103 for ana: and long?'],
      [ended(2, 2_900), 'play 103'],
    ],
  },
  'in the mode off nothing is recognised, also while a text is read out': {
    room: roomWith(room('ana', 'ben'), { addressing: 'off' }),
    also: ['listen', 'recognise'],
    steps: [
      [says(1, 'ana', 0, 'Nova, the bridge?')],
      [reads('A text.', 2_000), 'speak 101: A text.'],
      [[audible(101, 2_100), ...says(2, 'ben', 2_500, 'Nova, stop')]],
      [over(101, 4_000, 'A text.')],
    ],
  },
};
