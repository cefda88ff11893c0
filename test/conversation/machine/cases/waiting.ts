import {
  audible,
  began,
  begunForBridge,
  bridgeAsked,
  broken,
  type ConversationCases,
  called,
  ended,
  over,
  pause,
  ready,
  returned,
  says,
  tick,
} from '#test/conversation/machine/conversation-case.ts';

export const waitingCases: ConversationCases = {
  'no cue sounds while a person talks': {
    also: ['cue'],
    steps: [
      bridgeAsked,
      [began(2, 'ben', 1_100)],
      [[tick(1_400), tick(3_200)]],
      [[...pause(2, 3_300, 'well, Cleo'), ended(2, 3_700)], 'cue moment'],
    ],
  },
  'the cues of a question that waited count from its turn': {
    also: ['cue'],
    steps: [
      bridgeAsked,
      [audible(101, 1_100)],
      [says(2, 'ben', 2_000, 'Nova, Quito?')],
      [over(101, 9_000, 'Old.'), 'begin 103 for ben: Nova, Quito?', 'play 103 to ben'],
      [tick(9_699)],
      [tick(9_700), 'cue tick'],
    ],
  },
  'a model that answers nothing gives a tone, unless it has done something': {
    also: ['cue'],
    steps: [
      bridgeAsked,
      [{ kind: 'over', reply: 101, finish: 'empty', heard: '', atMs: 1_200 }, 'cue error'],
      [says(2, 'ana', 3_000, 'Nova, volume'), 'begin 103 for ana: Nova, volume', 'play 103'],
      [called(103, 'volume', '0', 'change', 4_100), 'run 104: volume 0 for ana'],
      [returned(104, 'set', 4_200), 'result for 103: set'],
      [{ kind: 'over', reply: 103, finish: 'empty', heard: '', atMs: 4_300 }],
    ],
  },
  'an answer that stalls after it began is waited for with cues again': {
    also: ['cue'],
    steps: [
      bridgeAsked,
      [[audible(101, 1_100), { kind: 'starved', reply: 101, isStarved: true, atMs: 4_000 }]],
      [tick(4_699)],
      [tick(4_700), 'cue tick'],
      [{ kind: 'starved', reply: 101, isStarved: false, atMs: 5_000 }],
      [tick(9_000)],
    ],
  },
  'an answer of which nothing comes for five minutes is given up': [
    bridgeAsked,
    [tick(300_699)],
    [tick(300_700), 'give-up 101'],
    [[tick(310_000), broken(101, 310_010)], 'speak 102: failed: think'],
  ],
  'an answer that failed before its question was over is told when it is its time': [
    [[began(1, 'ana', 0), ...pause(1, 600, 'Nova, the bridge?')], begunForBridge],
    [ready(101, 800)],
    [ended(1, 1_000), 'play 101'],
    [broken(101, 1_010), 'speak 102: failed: think'],
  ],
};
