import {
  audible,
  began,
  begunForBridge,
  bridge,
  bridgeAsked,
  type ConversationCases,
  ended,
  likelyOver,
  over,
  pause,
  paused,
  present,
  reads,
  room,
  says,
  tick,
  words,
} from '#test/conversation/machine/conversation-case.ts';

export const turnsCases: ConversationCases = {
  'an answer is begun in the pause and played at the end of the utterance: one request': {
    also: ['listen', 'recognise', 'endpoint', 'forget', 'fact', 'overheard'],
    steps: [
      [began(1, 'ana', 0), 'listen 1 of ana'],
      [
        pause(1, 600, 'Nova, the bridge?'),
        'recognise 1, pause 1',
        'endpoint 1: Nova, the bridge?',
        begunForBridge,
      ],
      [ended(1, 1_000), 'utterance 1 of ana: meant', 'overheard ana: other, meant', 'play 101'],
      [audible(101, 1_200)],
      [
        over(101, 3_000, 'It is old.'),
        'known of ana: It is old.',
        'forget 1',
        'turn of ana: completed',
      ],
    ],
  },
  'trusted partial words are answered before they are final; wrong ones are discarded': [
    [began(1, 'ana', 0)],
    [
      [{ kind: 'partial', utterance: 1, text: 'Nova, the bride', atMs: 500 }, paused(1, 600)],
      'begin 101 for ana: Nova, the bride',
    ],
    [words(1, 1, 'Nova, the bridge', 700), 'discard 101'],
    [likelyOver(1, 720), 'begin 102 for ana: Nova, the bridge'],
    [ended(1, 1_000), 'play 102'],
  ],
  'partial words after which an answer is begun anew are those of the next pause, too': [
    [began(1, 'ana', 0)],
    [
      [{ kind: 'partial', utterance: 1, text: 'Nova, the bride', atMs: 500 }, paused(1, 600)],
      'begin 101 for ana: Nova, the bride',
    ],
    [
      { kind: 'partial', utterance: 1, text: 'Nova, the bridge', atMs: 650 },
      'discard 101',
      'begin 102 for ana: Nova, the bridge',
    ],
    [{ kind: 'resumed', utterance: 1, atMs: 700 }, 'discard 102'],
    [paused(1, 900), 'begin 103 for ana: Nova, the bridge'],
  ],
  'who goes on after a pause is answered once, to all of it; words of the former pause are void': [
    [[began(1, 'ana', 0), ...pause(1, 600, 'Nova, the')], 'begin 101 for ana: Nova, the'],
    [{ kind: 'resumed', utterance: 1, atMs: 900 }, 'discard 101'],
    [words(1, 1, 'Nova, the', 950)],
    [pause(1, 1_500, 'Nova, the bridge?', 2), 'begin 102 for ana: Nova, the bridge?'],
    [words(1, 1, 'Nova, the', 1_700)],
    [ended(1, 2_000), 'play 102'],
  ],
  'a question that waits grows without a name, and keeps its place by its end': [
    [reads('A text.', 0), 'speak 100: A text.'],
    [says(1, 'ana', 100, 'Nova, the bridge?')],
    [says(2, 'ben', 200, 'Nova, Quito?')],
    [says(3, 'ana', 1_500, 'over the river?')],
    [over(100, 4_000, 'A text.'), 'begin 103 for ben: Nova, Quito?', 'play 103 to ben'],
    [
      [audible(103, 4_500), over(103, 5_000, 'Lima.')],
      'begin 104 for ana: Nova, the bridge? over the river?',
      'play 104 to ana',
    ],
  ],
  'words that are understood while their speaker goes on are answered with the rest': [
    [[began(1, 'ana', 0), paused(1, 600), ended(1, 1_000)]],
    [began(2, 'ana', 1_500)],
    [words(1, 1, 'Nova, the bridge', 1_700)],
    [pause(2, 2_000, 'over the river?'), 'begin 101 for ana: Nova, the bridge over the river?'],
    [ended(2, 2_400), 'play 101'],
  ],
  'first to finish is first answered, also where the words of the second were there sooner': [
    [reads('A text.', 0), 'speak 100: A text.'],
    [[began(1, 'ana', 100), paused(1, 500), ended(1, 900)]],
    [says(2, 'ben', 300, 'Nova, Quito?')],
    [words(1, 1, 'Nova, the bridge?', 1_700)],
    [over(100, 4_000, 'A text.'), 'begin 103 for ana: Nova, the bridge?', 'play 103 to ana'],
  ],
  'a cough after a question has its answer begun again, and words that follow still go on with it':
    {
      steps: [
        bridgeAsked,
        [began(2, 'ana', 1_400), 'discard 101'],
        [
          [...pause(2, 1_700, ''), ended(2, 2_000, 1_600)],
          'begin 102 for ana: Nova, the bridge?',
          'play 102',
        ],
        [began(3, 'ana', 2_050), 'discard 102'],
        [
          [...pause(3, 2_400, 'over the river?'), ended(3, 2_800)],
          'begin 103 for ana: Nova, the bridge? over the river?',
          'play 103',
        ],
      ],
    },
  'who turns to somebody else after a question is answered to the question alone': {
    also: ['fact', 'forget'],
    steps: [
      [bridge, begunForBridge, 'utterance 1 of ana: meant', 'play 101'],
      [began(2, 'ana', 1_800), 'discard 101'],
      [
        [...pause(2, 2_300, 'Ben, come here'), ended(2, 2_700)],
        'utterance 2 of ana: other',
        'forget 2',
        'begin 102 for ana: Nova, the bridge?',
        'play 102',
      ],
    ],
  },
  'an own new question replaces an own one of which nothing was heard': {
    also: ['fact'],
    steps: [
      [bridge, begunForBridge, 'utterance 1 of ana: meant', 'play 101'],
      [
        says(2, 'ana', 4_000, 'Nova, Quito?'),
        'known of ana: ',
        'utterance 2 of ana: meant',
        'discard 101',
        'turn of ana: replaced',
        'begin 103 for ana: Nova, Quito?',
        'play 103',
      ],
    ],
  },
  'three wait; a fourth drops the one who waited longest, and they read so': {
    room: room('ana', 'ben', 'cleo', 'dan', 'eva'),
    also: ['fact'],
    steps: [
      [bridge, begunForBridge, 'utterance 1 of ana: meant', 'play 101'],
      [says(2, 'ben', 1_100, 'Nova, two?'), 'utterance 2 of ben: meant'],
      [says(3, 'cleo', 1_200, 'Nova, three?'), 'utterance 3 of cleo: meant'],
      [says(4, 'dan', 1_300, 'Nova, four?'), 'utterance 4 of dan: meant'],
      [
        says(5, 'eva', 1_400, 'Nova, five?'),
        'utterance 5 of eva: meant',
        'dropped ben: crowded',
        'turn of ben: crowded',
      ],
    ],
  },
  'a question that waited for 45 s is dropped': {
    also: ['fact'],
    steps: [
      [bridge, begunForBridge, 'utterance 1 of ana: meant', 'play 101'],
      [audible(101, 1_200)],
      [says(2, 'ben', 2_000, 'Nova, two?'), 'utterance 2 of ben: meant'],
      [tick(47_999)],
      [tick(48_000), 'dropped ben: late', 'turn of ben: late'],
    ],
  },
  'words that could not be recognised: alone a model that hears may answer, in company nobody does':
    {
      room: room('ana'),
      steps: [
        [
          [
            began(1, 'ana', 0),
            paused(1, 600),
            { kind: 'unrecognised', utterance: 1, pause: 1, atMs: 700 },
            ended(1, 1_000),
          ],
          'begin 101 for ana: ',
          'play 101',
        ],
        [present(1_100, 'ana', 'ben')],
        [[audible(101, 1_200), over(101, 2_000, 'Five.')]],
        [
          [
            began(2, 'ana', 20_000),
            paused(2, 20_600),
            { kind: 'unrecognised', utterance: 2, pause: 1, atMs: 20_700 },
            ended(2, 21_000),
          ],
          'notice unrecognised for ana',
        ],
      ],
    },
  'alone with the bot, an answer is begun on sound alone': {
    room: room('ana'),
    steps: [
      [[began(1, 'ana', 0), paused(1, 600)]],
      [likelyOver(1, 750), 'begin 101 for ana: (sound)'],
      [words(1, 1, 'the bridge?', 900)],
      [ended(1, 1_000), 'play 101'],
    ],
  },
  'in company nothing is begun on sound alone': [
    [[began(1, 'ana', 0), paused(1, 600)]],
    [likelyOver(1, 750)],
    [
      [words(1, 1, 'Nova, the bridge?', 900), ended(1, 1_000)],
      'begin 101 for ana: Nova, the bridge?',
      'play 101',
    ],
  ],
  'a likely end without a pause before asks for the words': {
    also: ['recognise'],
    steps: [
      [began(1, 'ana', 0)],
      [likelyOver(1, 600), 'recognise 1, pause 1'],
      [{ kind: 'resumed', utterance: 1, atMs: 650 }],
      [{ kind: 'unrecognised', utterance: 1, pause: 1, atMs: 700 }],
      [ended(1, 1_200), 'recognise 1, pause 2'],
      [words(1, 2, 'Nova, the bridge?', 1_300), 'begin 101 for ana: Nova, the bridge?', 'play 101'],
    ],
  },
  'a turn keeps its last six utterances': {
    also: ['forget'],
    steps: [
      [reads('A text.', 0), 'speak 100: A text.'],
      [[1, 2, 3, 4, 5, 6].flatMap((n) => says(n, 'ana', 1_100 * n, `Nova, ${n}?`))],
      [says(7, 'ana', 7_700, 'seven?'), 'forget 1'],
      [
        over(100, 9_000, 'A text.'),
        'begin 102 for ana: Nova, 2? Nova, 3? Nova, 4? Nova, 5? Nova, 6? seven?',
        'play 102 to ana',
      ],
    ],
  },
};
