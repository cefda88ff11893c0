import { toPersonId } from '#src/base/ids.ts';
import {
  begunForBridge,
  bridgeAsked,
  type ConversationCases,
  pauseWithWords,
  replyAudible,
  replyBarged,
  replyBroken,
  replyCutShort,
  replyOver,
  replyWhole,
  saysWhole,
  tickAt,
  toolCalled,
  toolReturned,
  voiceBegan,
  voiceEnded,
} from '#test/conversation/machine/conversation-case.ts';

export const waitingCases: ConversationCases = {
  'no cue sounds while a person talks': {
    also: ['cue'],
    steps: [
      bridgeAsked,
      [voiceBegan(2, toPersonId('ben'), 1_100)],
      [[tickAt(1_400), tickAt(3_200)]],
      [[...pauseWithWords(2, 3_300, 'well, Cleo'), voiceEnded(2, 3_700)], 'cue moment'],
    ],
  },
  'the cues of a question that waited count from its turn': {
    also: ['cue'],
    steps: [
      bridgeAsked,
      [replyAudible(101, 1_100)],
      [saysWhole(2, toPersonId('ben'), 2_000, 'Nova, Quito?')],
      [
        replyOver(101, 9_000, 'Old.'),
        'begin 103 for ben: Nova, Quito?',
        'play 103 to ben',
      ],
      [tickAt(9_699)],
      [tickAt(9_700), 'cue tick'],
    ],
  },
  'a model that answers nothing gives a tone, unless it has changed something': {
    also: ['cue'],
    steps: [
      bridgeAsked,
      [
        { kind: 'over', reply: 101, finish: 'empty', heard: '', atMs: 1_200 },
        'cue error',
      ],
      [
        saysWhole(2, toPersonId('ana'), 3_000, 'Nova, volume'),
        'begin 103 for ana: Nova, volume',
        'play 103',
      ],
      [toolCalled(103, 'volume', '0', 'change', 4_100), 'run 104: volume 0 for ana'],
      [toolReturned(104, 'set', 4_200), 'result for 103: set'],
      [{ kind: 'over', reply: 103, finish: 'empty', heard: '', atMs: 4_300 }],
    ],
  },
  'while the last words of an answer sound, the next one is begun as if all of it is heard':
    [
      bridgeAsked,
      [replyAudible(101, 1_100)],
      [saysWhole(2, toPersonId('ben'), 2_000, 'Nova, Quito?')],
      [replyWhole(101, 'Old.', 5_000), 'begin 103 for ben: Nova, Quito?, after: Old.'],
      [replyOver(101, 9_000, 'Old.'), 'play 103 to ben'],
    ],
  'an answer that was begun so is discarded where the one before it is cut': [
    bridgeAsked,
    [[replyAudible(101, 1_100), replyWhole(101, 'It is old.', 1_200)]],
    [
      saysWhole(2, toPersonId('ben'), 2_000, 'Nova, Quito?'),
      'begin 103 for ben: Nova, Quito?, after: It is old.',
    ],
    [replyBarged(101, 'stop', 5_000), 'cut 101', 'discard 103'],
    [
      replyCutShort(101, 5_010, 'It is'),
      'begin 104 for ben: Nova, Quito?',
      'play 104 to ben',
    ],
  ],
  'an answer that was begun so is begun anew where the history has changed otherwise': [
    bridgeAsked,
    [[replyAudible(101, 1_100), replyWhole(101, 'It is old.', 1_200)]],
    [
      saysWhole(2, toPersonId('ben'), 2_000, 'Nova, Quito?'),
      'begin 103 for ben: Nova, Quito?, after: It is old.',
    ],
    [
      {
        kind: 'exchanged',
        by: toPersonId('cleo'),
        name: 'Cleo',
        words: 'Hm?',
        heard: 'Hm.',
        atMs: 5_000,
      },
    ],
    [
      replyOver(101, 5_010, 'It is old.'),
      'discard 103',
      'begin 104 for ben: Nova, Quito?',
      'play 104 to ben',
    ],
  ],
  'near the cap no answer is begun before its turn': [
    [{ kind: 'settings', settings: { isSparing: true }, atMs: 0 }],
    bridgeAsked,
    [[replyAudible(101, 1_100), replyWhole(101, 'Old.', 1_200)]],
    [saysWhole(2, toPersonId('ben'), 2_000, 'Nova, Quito?')],
    [
      replyOver(101, 9_000, 'Old.'),
      'begin 103 for ben: Nova, Quito?',
      'play 103 to ben',
    ],
  ],
  'a model that looks something up and says nothing gives a tone': {
    also: ['cue'],
    steps: [
      [
        saysWhole(1, toPersonId('ana'), 0, 'Nova, look it up'),
        'begin 101 for ana: Nova, look it up',
        'play 101',
      ],
      [toolCalled(101, 'look', 'page', 'read', 1_100), 'run 102: look page for ana'],
      [toolReturned(102, 'the page', 1_200), 'result for 101: the page'],
      [
        { kind: 'over', reply: 101, finish: 'empty', heard: '', atMs: 1_300 },
        'cue error',
      ],
    ],
  },
  'an answer that stalls after it began is waited for with cues again': {
    also: ['cue'],
    steps: [
      bridgeAsked,
      [
        [
          replyAudible(101, 1_100),
          { kind: 'starved', reply: 101, isStarved: true, atMs: 4_000 },
        ],
      ],
      [tickAt(4_699)],
      [tickAt(4_700), 'cue tick'],
      [{ kind: 'starved', reply: 101, isStarved: false, atMs: 5_000 }],
      [tickAt(9_000)],
    ],
  },
  'an answer of which nothing comes for five minutes is given up': [
    bridgeAsked,
    [tickAt(300_699)],
    [tickAt(300_700), 'give-up 101'],
    [[tickAt(310_000), replyBroken(101, 310_010)], 'speak 102'],
  ],
  'an answer that failed before its question was over is told when it is its time': [
    [
      [
        voiceBegan(1, toPersonId('ana'), 0),
        ...pauseWithWords(1, 600, 'Nova, the bridge?'),
      ],
      begunForBridge,
    ],
    [voiceEnded(1, 1_000), 'play 101'],
    [replyBroken(101, 1_010), 'speak 102'],
  ],
};
