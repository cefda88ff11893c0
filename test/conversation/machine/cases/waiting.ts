import {
  audible,
  began,
  begunForBridge,
  bridgeAsked,
  broken,
  type ConversationCases,
  ended,
  over,
  pause,
  ready,
  says,
  tick,
} from '#test/conversation/machine/conversation-case.ts';

export const waitingCases: ConversationCases = {
  'who waits hears ticks, and "One moment." once; none once the answer sounds': {
    also: ['cue'],
    steps: [
      bridgeAsked,
      [tick(1_399)],
      [tick(1_400), 'cue tick'],
      [tick(2_600), 'cue tick'],
      [tick(3_800), 'cue moment'],
      [tick(5_000), 'cue tick'],
      [audible(101, 9_000)],
      [tick(20_000)],
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
  'a failure is said once, then it is a tone, until an answer is whole': {
    also: ['cue'],
    steps: [
      bridgeAsked,
      [[ready(101, 1_090), broken(101, 1_100)], 'speak 102: failed: think'],
      [over(102, 2_000, 'failed: think')],
      [says(2, 'ana', 3_000, 'Nova, two?'), 'begin 104 for ana: Nova, two?', 'play 104'],
      [broken(104, 4_100), 'cue error'],
      [says(3, 'ana', 6_000, 'Nova, three?'), 'begin 106 for ana: Nova, three?', 'play 106'],
      [[audible(106, 7_050), over(106, 8_000, 'Three.')]],
      [says(4, 'ana', 9_000, 'Nova, four?'), 'begin 108 for ana: Nova, four?', 'play 108'],
      [broken(108, 10_100), 'speak 109: failed: think'],
    ],
  },
  'an answer that failed before its question was over is told when it is its time': [
    [[began(1, 'ana', 0), ...pause(1, 600, 'Nova, the bridge?')], begunForBridge],
    [ready(101, 800)],
    [ended(1, 1_000), 'play 101'],
    [broken(101, 1_010), 'speak 102: failed: think'],
  ],
};
