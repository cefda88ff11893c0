import {
  audible,
  began,
  broken,
  type ConversationCases,
  ended,
  over,
  pause,
  ready,
  room,
  says,
  tick,
} from '#test/conversation/machine/conversation-case.ts';

/** Ana asks about the bridge at 0 s. Her turn is 100, the answer 101. */
const bridge = says(1, 'ana', 0, 'Nova, the bridge?');
const begunForBridge = 'begin 101 for ana: Nova, the bridge?';

export const waitingCases: ConversationCases = {
  'who waits hears a tick, "One moment." once, then a pad; none once the answer sounds': {
    also: ['cue'],
    steps: [
      [bridge, begunForBridge, 'play 101'],
      [tick(1_399)],
      [tick(1_400), 'cue tick'],
      [tick(2_600), 'cue tick'],
      [tick(3_800), 'cue moment'],
      [tick(5_000), 'cue tick'],
      [tick(8_800), 'cue pad'],
      [audible(101, 9_000)],
      [tick(20_000)],
    ],
  },
  'an answer that stalls after it began is waited for with cues again': {
    also: ['cue'],
    steps: [
      [bridge, begunForBridge, 'play 101'],
      [[audible(101, 1_100), { kind: 'starved', reply: 101, isStarved: true, atMs: 4_000 }]],
      [tick(4_699)],
      [tick(4_700), 'cue tick'],
      [{ kind: 'starved', reply: 101, isStarved: false, atMs: 5_000 }],
      [tick(9_000)],
    ],
  },
  'an answer that stalls for a minute after it began is given up': [
    [bridge, begunForBridge, 'play 101'],
    [[audible(101, 1_100), { kind: 'starved', reply: 101, isStarved: true, atMs: 4_000 }]],
    [tick(63_999)],
    [tick(64_000), 'give-up 101'],
    [tick(70_000)],
  ],
  'a slow answer is put aside, others are answered, and it comes at the next pause by name': [
    [bridge, begunForBridge, 'play 101'],
    [tick(12_999)],
    [tick(13_000), 'hold 101', 'speak 102: later'],
    [[audible(102, 13_100), over(102, 14_000, 'later')]],
    [says(2, 'ben', 15_000, 'Nova, Quito?'), 'begin 104 for ben: Nova, Quito?', 'play 104'],
    [[ready(101, 16_500), audible(104, 17_000)]],
    [began(3, 'cleo', 18_000)],
    [over(104, 19_000, 'Lima.')],
    [[...pause(3, 19_500, 'well, Ben'), ended(3, 20_000)], 'play 101 to ana'],
  ],
  'three answers are awaited at most; the fourth that is slow fails aloud': {
    room: room('ana', 'ben', 'cleo', 'dan'),
    steps: [
      [bridge, begunForBridge, 'play 101'],
      [tick(13_000), 'hold 101', 'speak 102: later'],
      [over(102, 14_000, 'later')],
      [says(2, 'ben', 15_000, 'Nova, two?'), 'begin 104 for ben: Nova, two?', 'play 104'],
      [tick(28_000), 'hold 104', 'speak 105: later'],
      [over(105, 29_000, 'later')],
      [says(3, 'cleo', 30_000, 'Nova, three?'), 'begin 107 for cleo: Nova, three?', 'play 107'],
      [tick(43_000), 'hold 107', 'speak 108: later'],
      [over(108, 44_000, 'later')],
      [says(4, 'dan', 45_000, 'Nova, four?'), 'begin 110 for dan: Nova, four?', 'play 110'],
      [tick(58_000), 'give-up 110'],
      [[ready(110, 58_010), broken(110, 58_020)], 'speak 111: failed: think'],
    ],
  },
  'after five minutes an awaited answer is given up, and somebody is told': {
    also: ['fact'],
    steps: [
      [bridge, begunForBridge, 'utterance 1 of ana: meant', 'play 101'],
      [tick(13_000), 'hold 101', 'speak 102: later'],
      [over(102, 14_000, 'later')],
      [tick(301_000), 'give-up 101', 'play 101'],
      [
        [ready(101, 301_010), broken(101, 301_020)],
        'known of ana: ',
        'turn of ana: failed',
        'speak 103: failed: think',
      ],
    ],
  },
  'a failure is said once, then it is a tone, until an answer is whole': {
    also: ['cue'],
    steps: [
      [bridge, begunForBridge, 'play 101'],
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
  'there is no money: the channel reads it once, then the panel; who asked the same is asked for on their own share':
    {
      steps: [
        [bridge, begunForBridge, 'play 101'],
        [says(2, 'ben', 500, 'Nova, the bridge?')],
        [
          { kind: 'refused', answer: 101, isNews: true, atMs: 1_600 },
          'begin 104 for ben: Nova, the bridge?',
          'play 104',
        ],
        [{ kind: 'refused', answer: 104, isNews: false, atMs: 1_700 }],
      ],
    },
};
