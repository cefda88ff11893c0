import {
  audible,
  began,
  begunForBridge,
  bridgeAsked,
  broken,
  type ConversationCases,
  ended,
  pause,
  ready,
  tick,
} from '#test/conversation/machine/conversation-case.ts';

export const waitingCases: ConversationCases = {
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
