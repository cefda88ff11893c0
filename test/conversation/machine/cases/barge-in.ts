import { type PersonId, toPersonId } from '#src/base/ids.ts';
import {
  bridgeAsked,
  type CaseStep,
  type ConversationCases,
  pauseWithWords,
  recognisedWords,
  replyAudible,
  replyBarged,
  replyCutShort,
  replyHalted,
  replyOver,
  replyWhole,
  saysWhole,
  turnLikelyOver,
  voiceBegan,
  voiceEnded,
  voicePaused,
} from '#test/conversation/machine/conversation-case.ts';

/** Ana's answer is paused after "It is", as somebody has talked over it since 4 s. */
const haltedBy = (by: PersonId): readonly CaseStep[] => [
  bridgeAsked,
  [[replyAudible(101, 1_500), voiceBegan(2, by, 4_000)]],
  [replyHalted(101, 'It is', 4_400)],
];

/** Ana's further question over her answer, before its end is sure. */
const asksOver: readonly CaseStep[] = [
  ...haltedBy(toPersonId('ana')),
  [pauseWithWords(2, 4_600, 'Quito?'), 'begin 103 for ana: Quito?, after: It is'],
];

export const bargeInCases: ConversationCases = {
  '"stop" before the first sound drops the answer, whoever asked': [
    bridgeAsked,
    [
      saysWhole(2, toPersonId('ben'), 1_000, 'stop'),
      'discard 101',
      'obey stop for ben',
    ],
  ],
  '"never mind" drops what its speaker waits for, and nothing of others': [
    bridgeAsked,
    [saysWhole(2, toPersonId('ben'), 1_500, 'never mind')],
    [saysWhole(3, toPersonId('ana'), 4_000, 'Nova, never mind'), 'discard 101'],
  ],
  '"mhm" while an own answer is awaited takes nothing away': [
    bridgeAsked,
    [saysWhole(2, toPersonId('ana'), 4_000, 'mhm')],
    [replyAudible(101, 6_000)],
  ],
  'another person calls it by name: the clause ends, then they are answered': [
    bridgeAsked,
    [replyAudible(101, 1_500)],
    [saysWhole(2, toPersonId('ben'), 2_000, 'Nova, Quito?')],
    [replyBarged(101, 'finish-clause', 3_010), 'finish-clause 101'],
    [
      replyCutShort(101, 3_900, 'It is old.'),
      'begin 103 for ben: Nova, Quito?',
      'play 103 to ben',
    ],
  ],
  'while that clause ends, their answer is begun as if all of it is heard': [
    bridgeAsked,
    [replyAudible(101, 1_500)],
    [saysWhole(2, toPersonId('ben'), 2_000, 'Nova, Quito?')],
    [replyBarged(101, 'finish-clause', 3_010), 'finish-clause 101'],
    [
      replyWhole(101, 'It is old.', 3_020),
      'begin 103 for ben: Nova, Quito?, after: It is old.',
    ],
    [replyCutShort(101, 3_900, 'It is old.'), 'play 103 to ben'],
  ],
  'the answer to its asker, who asks over it, is begun as if it ends where it is paused':
    [
      ...asksOver,
      [voiceEnded(2, 5_000)],
      [replyBarged(101, 'yield', 5_010), 'cut 101'],
      [replyCutShort(101, 5_020, 'It is'), 'play 103'],
    ],
  'an answer that was begun so is gone once the paused one goes on': [
    ...asksOver,
    [replyHalted(101, undefined, 4_900), 'discard 103'],
  ],
  'an answer that was begun so is gone where its asker goes on': [
    ...asksOver,
    [{ kind: 'resumed', utterance: 2, atMs: 4_800 }, 'discard 103'],
  ],
  'an answer that was begun so is begun anew where people heard more': [
    ...asksOver,
    [voiceEnded(2, 5_000)],
    [replyBarged(101, 'yield', 5_010), 'cut 101'],
    [
      replyCutShort(101, 5_020, 'It is old'),
      'discard 103',
      'begin 104 for ana: Quito?',
      'play 104',
    ],
  ],
  'over a paused answer nothing is begun for an "mhm"': [
    ...haltedBy(toPersonId('ana')),
    [pauseWithWords(2, 4_600, 'mhm')],
  ],
  'over a paused answer nothing is begun without words': [
    ...haltedBy(toPersonId('ana')),
    [turnLikelyOver(2, 4_600)],
  ],
  'over a paused answer nothing is begun for another person, whom the pause does not outlast':
    [...haltedBy(toPersonId('ben')), [pauseWithWords(2, 4_600, 'Nova, Quito?')]],
  'near the cap nothing is begun over a paused answer': [
    [{ kind: 'settings', settings: { isSparing: true }, atMs: 0 }],
    ...haltedBy(toPersonId('ana')),
    [pauseWithWords(2, 4_600, 'Quito?')],
  ],
  'a clause that ends the reply is over where no more of it comes': [
    bridgeAsked,
    [replyAudible(101, 1_500)],
    [replyBarged(101, 'finish-clause', 2_000), 'finish-clause 101'],
    [{ kind: 'starved', reply: 101, isStarved: true, atMs: 2_100 }, 'cut 101'],
  ],
  'called by name while it is silent for a tool, it does not wait for that': [
    bridgeAsked,
    [
      [
        replyAudible(101, 1_500),
        { kind: 'starved', reply: 101, isStarved: true, atMs: 2_000 },
      ],
    ],
    [replyBarged(101, 'finish-clause', 3_000), 'cut 101'],
  ],
  'a stop while the clause ends does not wait for it': [
    bridgeAsked,
    [replyAudible(101, 1_500)],
    [replyBarged(101, 'finish-clause', 2_000), 'finish-clause 101'],
    [{ kind: 'stop', atMs: 2_100 }, 'cut 101'],
    [{ kind: 'stop', atMs: 2_105 }],
    [replyCutShort(101, 2_110, 'It is')],
  ],
  'what its speaker goes on with while the answer sounds is not lost when that ends': [
    bridgeAsked,
    [replyAudible(101, 1_200)],
    [voiceBegan(2, toPersonId('ana'), 1_900)],
    [replyOver(101, 2_100, 'Old.')],
    [pauseWithWords(2, 2_300, 'and long?'), 'begin 103 for ana: and long?'],
    [voiceEnded(2, 2_700), 'play 103'],
  ],
  'barge-in that meant an answer which is over by then has no effect': [
    bridgeAsked,
    [[replyAudible(101, 1_500), replyOver(101, 2_000, 'Old.')]],
    [
      saysWhole(2, toPersonId('ben'), 2_100, 'Nova, Quito?'),
      'begin 103 for ben: Nova, Quito?',
      'play 103',
    ],
    [replyBarged(101, 'stop', 3_200)],
  ],
  'who goes on in its first second goes on with the question, however long the pause was, and is answered once':
    [
      bridgeAsked,
      [replyAudible(101, 3_500)],
      [voiceBegan(2, toPersonId('ana'), 4_300)],
      [replyHalted(101, 'It', 4_400)],
      [
        pauseWithWords(2, 4_700, 'over the river?'),
        'cut 101',
        'begin 102 for ana: Nova, the bridge? over the river?',
      ],
      [replyCutShort(101, 4_840, 'It')],
      [voiceEnded(2, 5_200), 'play 102'],
    ],
  'an "mhm" in its first second takes nothing back': [
    bridgeAsked,
    [replyAudible(101, 3_500)],
    [voiceBegan(2, toPersonId('ana'), 4_300)],
    [replyHalted(101, 'It', 4_400)],
    [[...pauseWithWords(2, 4_700, 'mhm'), voiceEnded(2, 5_200)]],
    [replyHalted(101, undefined, 5_210)],
  ],
  'barge-in before the words are known keeps the question for them': [
    bridgeAsked,
    [replyAudible(101, 1_200)],
    [
      [
        voiceBegan(2, toPersonId('ana'), 1_900),
        voicePaused(2, 2_600),
        voiceEnded(2, 3_000),
      ],
    ],
    [replyBarged(101, 'yield', 4_500), 'cut 101'],
    [replyCutShort(101, 4_510, 'It is')],
    [
      recognisedWords(2, 1, 'over the river?', 5_000),
      'begin 102 for ana: Nova, the bridge? over the river?',
      'play 102',
    ],
  ],
  'who goes on while the answer sounds is answered anew, with all of it': [
    bridgeAsked,
    [replyAudible(101, 1_200)],
    [
      [
        voiceBegan(2, toPersonId('ana'), 1_900),
        ...pauseWithWords(2, 2_300, 'over the river?'),
      ],
    ],
    [
      voiceEnded(2, 2_700),
      'cut 101',
      'begin 102 for ana: Nova, the bridge? over the river?',
      'play 102',
    ],
  ],
};
