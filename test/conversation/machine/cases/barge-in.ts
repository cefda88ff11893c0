import {
  bridgeAsked,
  type ConversationCases,
  pauseWithWords,
  replyAudible,
  replyBarged,
  replyCutShort,
  replyOver,
  saysWhole,
  voiceBegan,
  voiceEnded,
} from '#test/conversation/machine/conversation-case.ts';

export const bargeInCases: ConversationCases = {
  '"stop" before the first sound drops the answer, whoever asked': [
    bridgeAsked,
    [saysWhole(2, 'ben', 1_000, 'stop'), 'discard 101'],
  ],
  '"never mind" drops what its speaker waits for, and nothing of others': [
    bridgeAsked,
    [saysWhole(2, 'ben', 1_500, 'never mind')],
    [saysWhole(3, 'ana', 4_000, 'Nova, never mind'), 'discard 101'],
  ],
  '"mhm" while an own answer is awaited takes nothing away': [
    bridgeAsked,
    [saysWhole(2, 'ana', 4_000, 'mhm')],
    [replyAudible(101, 6_000)],
  ],
  'another person calls it by name: the clause ends, then they are answered': [
    bridgeAsked,
    [replyAudible(101, 1_500)],
    [saysWhole(2, 'ben', 2_000, 'Nova, Quito?')],
    [replyBarged(101, 'finish-clause', 3_010), 'finish-clause 101'],
    [
      replyCutShort(101, 3_900, 'It is old.'),
      'begin 103 for ben: Nova, Quito?',
      'play 103 to ben',
    ],
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
    [voiceBegan(2, 'ana', 1_900)],
    [replyOver(101, 2_100, 'Old.')],
    [pauseWithWords(2, 2_300, 'and long?'), 'begin 103 for ana: and long?'],
    [voiceEnded(2, 2_700), 'play 103'],
  ],
  'barge-in that meant an answer which is over by then has no effect': [
    bridgeAsked,
    [[replyAudible(101, 1_500), replyOver(101, 2_000, 'Old.')]],
    [
      saysWhole(2, 'ben', 2_100, 'Nova, Quito?'),
      'begin 103 for ben: Nova, Quito?',
      'play 103',
    ],
    [replyBarged(101, 'stop', 3_200)],
  ],
  'who goes on while the answer sounds is answered anew, with all of it': [
    bridgeAsked,
    [replyAudible(101, 1_200)],
    [[voiceBegan(2, 'ana', 1_900), ...pauseWithWords(2, 2_300, 'over the river?')]],
    [
      voiceEnded(2, 2_700),
      'cut 101',
      'begin 102 for ana: Nova, the bridge? over the river?',
      'play 102',
    ],
  ],
};
