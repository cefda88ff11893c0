import { toPersonId } from '#src/base/ids.ts';
import {
  announcementAsked,
  begunForBridge,
  bridge,
  bridgeAsked,
  type ConversationCases,
  makeRoom,
  pauseWithWords,
  peoplePresent,
  recognisedWords,
  replyAudible,
  replyOver,
  saysWhole,
  tickAt,
  turnLikelyOver,
  voiceBegan,
  voiceEnded,
  voicePaused,
} from '#test/conversation/machine/conversation-case.ts';

export const turnsCases: ConversationCases = {
  'an answer is begun in the pause and played at the end of the utterance: one request':
    {
      also: ['listen', 'recognise', 'forget', 'fact', 'overheard'],
      steps: [
        [voiceBegan(1, toPersonId('ana'), 0), 'listen 1 of ana'],
        [
          pauseWithWords(1, 600, 'Nova, the bridge?'),
          'recognise 1, pause 1',
          begunForBridge,
        ],
        [
          voiceEnded(1, 1_000),
          'utterance 1 of ana: meant',
          'overheard ana: other, meant',
          'play 101',
        ],
        [replyAudible(101, 1_200)],
        [
          replyOver(101, 3_000, 'It is old.'),
          'known of ana: It is old.',
          'turn of ana: completed',
          'forget 1',
        ],
      ],
    },
  'trusted partial words are answered before they are final; wrong ones are discarded':
    [
      [voiceBegan(1, toPersonId('ana'), 0)],
      [
        [
          { kind: 'partial', utterance: 1, text: 'Nova, the bride', atMs: 500 },
          voicePaused(1, 600),
        ],
        'begin 101 for ana: Nova, the bride',
      ],
      [recognisedWords(1, 1, 'Nova, the bridge', 700), 'discard 101'],
      [turnLikelyOver(1, 720), 'begin 102 for ana: Nova, the bridge'],
      [voiceEnded(1, 1_000), 'play 102'],
    ],
  'partial words after which an answer is begun anew are those of the next pause, too':
    [
      [voiceBegan(1, toPersonId('ana'), 0)],
      [
        [
          { kind: 'partial', utterance: 1, text: 'Nova, the bride', atMs: 500 },
          voicePaused(1, 600),
        ],
        'begin 101 for ana: Nova, the bride',
      ],
      [
        { kind: 'partial', utterance: 1, text: 'Nova, the bridge', atMs: 650 },
        'discard 101',
        'begin 102 for ana: Nova, the bridge',
      ],
      [{ kind: 'resumed', utterance: 1, atMs: 700 }, 'discard 102'],
      [voicePaused(1, 900), 'begin 103 for ana: Nova, the bridge'],
    ],
  'who goes on after a pause is answered once, to all of it; words of the former pause are void':
    [
      [
        [voiceBegan(1, toPersonId('ana'), 0), ...pauseWithWords(1, 600, 'Nova, the')],
        'begin 101 for ana: Nova, the',
      ],
      [{ kind: 'resumed', utterance: 1, atMs: 900 }, 'discard 101'],
      [recognisedWords(1, 1, 'Nova, the', 950)],
      [
        pauseWithWords(1, 1_500, 'Nova, the bridge?', 2),
        'begin 102 for ana: Nova, the bridge?',
      ],
      [recognisedWords(1, 1, 'Nova, the', 1_700)],
      [voiceEnded(1, 2_000), 'play 102'],
    ],
  'a question that waits grows without a name, and keeps its place by its end': [
    [announcementAsked(0), 'speak 100'],
    [saysWhole(1, toPersonId('ana'), 100, 'Nova, the bridge?')],
    [saysWhole(2, toPersonId('ben'), 200, 'Nova, Quito?')],
    [saysWhole(3, toPersonId('ana'), 1_500, 'over the river?')],
    [
      replyOver(100, 4_000, 'A text.'),
      'begin 103 for ben: Nova, Quito?',
      'play 103 to ben',
    ],
    [
      [replyAudible(103, 4_500), replyOver(103, 5_000, 'Lima.')],
      'begin 104 for ana: Nova, the bridge? over the river?',
      'play 104 to ana',
    ],
  ],
  'words that are understood while their speaker goes on are answered with the rest': [
    [[voiceBegan(1, toPersonId('ana'), 0), voicePaused(1, 600), voiceEnded(1, 1_000)]],
    [voiceBegan(2, toPersonId('ana'), 1_500)],
    [recognisedWords(1, 1, 'Nova, the bridge', 1_700)],
    [
      pauseWithWords(2, 2_000, 'over the river?'),
      'begin 101 for ana: Nova, the bridge over the river?',
    ],
    [voiceEnded(2, 2_400), 'play 101'],
  ],
  'first to finish is first answered, also where the words of the second were there sooner':
    [
      [announcementAsked(0), 'speak 100'],
      [
        [
          voiceBegan(1, toPersonId('ana'), 100),
          voicePaused(1, 500),
          voiceEnded(1, 900),
        ],
      ],
      [saysWhole(2, toPersonId('ben'), 300, 'Nova, Quito?')],
      [recognisedWords(1, 1, 'Nova, the bridge?', 1_700)],
      [
        replyOver(100, 4_000, 'A text.'),
        'begin 103 for ana: Nova, the bridge?',
        'play 103 to ana',
      ],
    ],
  'a cough after a question has its answer begun again, and words that follow still go on with it':
    {
      steps: [
        bridgeAsked,
        [voiceBegan(2, toPersonId('ana'), 1_400), 'discard 101'],
        [
          [...pauseWithWords(2, 1_700, ''), voiceEnded(2, 2_000, 1_600)],
          'begin 102 for ana: Nova, the bridge?',
          'play 102',
        ],
        [voiceBegan(3, toPersonId('ana'), 2_050), 'discard 102'],
        [
          [...pauseWithWords(3, 2_400, 'over the river?'), voiceEnded(3, 2_800)],
          'begin 103 for ana: Nova, the bridge? over the river?',
          'play 103',
        ],
      ],
    },
  'who turns to somebody else after a question is answered to the question alone': {
    also: ['fact', 'forget'],
    steps: [
      [bridge, begunForBridge, 'utterance 1 of ana: meant', 'play 101'],
      [voiceBegan(2, toPersonId('ana'), 1_800), 'discard 101'],
      [
        [...pauseWithWords(2, 2_300, 'Ben, come here'), voiceEnded(2, 2_700)],
        'utterance 2 of ana: other',
        'begin 102 for ana: Nova, the bridge?',
        'play 102',
        'forget 2',
      ],
    ],
  },
  'an own new question replaces an own one of which nothing was heard': {
    also: ['fact'],
    steps: [
      [bridge, begunForBridge, 'utterance 1 of ana: meant', 'play 101'],
      [
        saysWhole(2, toPersonId('ana'), 4_000, 'Nova, Quito?'),
        'known of ana: ',
        'utterance 2 of ana: meant',
        'discard 101',
        'turn of ana: interrupted',
        'begin 103 for ana: Nova, Quito?',
        'play 103',
      ],
    ],
  },
  'three wait; a fourth is refused, and its speaker reads so': {
    room: makeRoom('ana', 'ben', 'cleo', 'dan', 'eva'),
    also: ['fact'],
    steps: [
      [bridge, begunForBridge, 'utterance 1 of ana: meant', 'play 101'],
      [
        saysWhole(2, toPersonId('ben'), 1_100, 'Nova, two?'),
        'utterance 2 of ben: meant',
      ],
      [
        saysWhole(3, toPersonId('cleo'), 1_200, 'Nova, three?'),
        'utterance 3 of cleo: meant',
      ],
      [
        saysWhole(4, toPersonId('dan'), 1_300, 'Nova, four?'),
        'utterance 4 of dan: meant',
      ],
      [
        saysWhole(5, toPersonId('eva'), 1_400, 'Nova, five?'),
        'utterance 5 of eva: meant',
        'dropped eva: crowded',
        'turn of eva: crowded',
      ],
    ],
  },
  'who found no place, and then one, is not told that there was none': {
    room: makeRoom('ana', 'ben', 'cleo', 'dan', 'eva'),
    steps: [
      [bridge, begunForBridge, 'play 101'],
      [saysWhole(2, toPersonId('ben'), 1_100, 'Nova, two?')],
      [saysWhole(3, toPersonId('cleo'), 1_200, 'Nova, three?')],
      [saysWhole(4, toPersonId('dan'), 1_300, 'Nova, four?')],
      [saysWhole(5, toPersonId('eva'), 1_400, 'Nova, five?')],
      [
        saysWhole(6, toPersonId('ben'), 1_500, 'never mind'),
        'discard 101',
        'begin 107 for cleo: Nova, three?',
        'play 107',
      ],
      [saysWhole(7, toPersonId('eva'), 1_600, 'Nova, seven?')],
      [
        [replyAudible(107, 2_000), replyOver(107, 3_000, 'Three.')],
        'begin 109 for dan: Nova, four?',
        'play 109 to dan',
      ],
    ],
  },
  'who goes on over the own answer and is refused leaves no place: the next is refused as well':
    {
      room: makeRoom('ana', 'ben', 'cleo', 'dan', 'eva'),
      also: ['fact'],
      steps: [
        [bridge, begunForBridge, 'utterance 1 of ana: meant', 'play 101'],
        [
          saysWhole(2, toPersonId('ben'), 1_100, 'Nova, two?'),
          'utterance 2 of ben: meant',
        ],
        [
          saysWhole(3, toPersonId('cleo'), 1_200, 'Nova, three?'),
          'utterance 3 of cleo: meant',
        ],
        [
          saysWhole(4, toPersonId('dan'), 1_300, 'Nova, four?'),
          'utterance 4 of dan: meant',
        ],
        [
          [
            voiceBegan(5, toPersonId('eva'), 2_310),
            voiceBegan(6, toPersonId('ana'), 2_320),
            voicePaused(5, 2_900),
            voiceEnded(5, 3_300),
            voicePaused(6, 3_310),
            voiceEnded(6, 3_700),
            voiceBegan(7, toPersonId('ana'), 3_800),
          ],
        ],
        [recognisedWords(6, 1, 'Nova, six?', 3_900), 'utterance 6 of ana: meant'],
        [
          recognisedWords(5, 1, 'Nova, five?', 4_000),
          'utterance 5 of eva: meant',
          'dropped ana: crowded',
          'turn of ana: crowded',
          'dropped eva: crowded',
          'turn of eva: crowded',
        ],
      ],
    },
  'a question that has to wait anyway ends no answer; the next one does': {
    room: makeRoom('ana', 'ben', 'cleo'),
    also: ['overheard'],
    steps: [
      [bridge, begunForBridge, 'overheard ana: other, meant', 'play 101'],
      [replyAudible(101, 1_200)],
      [
        saysWhole(2, toPersonId('ben'), 2_000, 'Nova, two?'),
        'overheard ben: other, meant',
      ],
      [
        saysWhole(3, toPersonId('cleo'), 2_200, 'Nova, three?'),
        'overheard cleo: other',
      ],
    ],
  },
  'a question that waited for 45 s is dropped': {
    also: ['fact'],
    steps: [
      [bridge, begunForBridge, 'utterance 1 of ana: meant', 'play 101'],
      [replyAudible(101, 1_200)],
      [
        saysWhole(2, toPersonId('ben'), 2_000, 'Nova, two?'),
        'utterance 2 of ben: meant',
      ],
      [tickAt(47_999)],
      [tickAt(48_000), 'dropped ben: late', 'turn of ben: late'],
    ],
  },
  'words that could not be recognised: alone a model that hears may answer, in company nobody does':
    {
      room: makeRoom('ana'),
      steps: [
        [
          [
            voiceBegan(1, toPersonId('ana'), 0),
            voicePaused(1, 600),
            { kind: 'unrecognised', utterance: 1, pause: 1, atMs: 700 },
            voiceEnded(1, 1_000),
          ],
          'begin 101 for ana: ',
          'play 101',
        ],
        [peoplePresent(1_100, 'ana', 'ben')],
        [[replyAudible(101, 1_200), replyOver(101, 2_000, 'Five.')]],
        [
          [
            voiceBegan(2, toPersonId('ana'), 20_000),
            voicePaused(2, 20_600),
            { kind: 'unrecognised', utterance: 2, pause: 1, atMs: 20_700 },
            voiceEnded(2, 21_000),
          ],
          'notice unrecognised',
        ],
      ],
    },
  'alone with the bot, an answer is begun on sound alone': {
    room: makeRoom('ana'),
    steps: [
      [[voiceBegan(1, toPersonId('ana'), 0), voicePaused(1, 600)]],
      [turnLikelyOver(1, 750), 'begin 101 for ana: (sound)'],
      [recognisedWords(1, 1, 'the bridge?', 900)],
      [voiceEnded(1, 1_000), 'play 101'],
    ],
  },
  'in company nothing is begun on sound alone': [
    [[voiceBegan(1, toPersonId('ana'), 0), voicePaused(1, 600)]],
    [turnLikelyOver(1, 750)],
    [
      [recognisedWords(1, 1, 'Nova, the bridge?', 900), voiceEnded(1, 1_000)],
      'begin 101 for ana: Nova, the bridge?',
      'play 101',
    ],
  ],
  'a likely end without a pause before asks for the words': {
    also: ['recognise'],
    steps: [
      [voiceBegan(1, toPersonId('ana'), 0)],
      [turnLikelyOver(1, 600), 'recognise 1, pause 1'],
      [{ kind: 'resumed', utterance: 1, atMs: 650 }],
      [{ kind: 'unrecognised', utterance: 1, pause: 1, atMs: 700 }],
      [voiceEnded(1, 1_200), 'recognise 1, pause 2'],
      [
        recognisedWords(1, 2, 'Nova, the bridge?', 1_300),
        'begin 101 for ana: Nova, the bridge?',
        'play 101',
      ],
    ],
  },
  'a turn keeps its last six utterances': {
    also: ['forget'],
    steps: [
      [announcementAsked(0), 'speak 100'],
      [
        [1, 2, 3, 4, 5, 6].flatMap((n) =>
          saysWhole(n, toPersonId('ana'), 1_100 * n, `Nova, ${n}?`),
        ),
      ],
      [saysWhole(7, toPersonId('ana'), 7_700, 'seven?'), 'forget 1'],
      [
        replyOver(100, 9_000, 'A text.'),
        'begin 102 for ana: Nova, 2? Nova, 3? Nova, 4? Nova, 5? Nova, 6? seven?',
        'play 102 to ana',
      ],
    ],
  },
};
