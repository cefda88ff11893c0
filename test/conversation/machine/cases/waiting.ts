import {
  audible,
  began,
  type ConversationCase,
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

export const waitingCases: readonly ConversationCase[] = [
  {
    name: 'who waits hears a tick, "One moment." once, then a pad; none once the answer sounds',
    behaviours: ['W1'],
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
  {
    name: 'an answer that stalls after it began is waited for with cues again',
    behaviours: ['W8'],
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
  {
    name: 'a slow answer is put aside, others are answered, and it comes at the next pause by name',
    behaviours: ['W4', 'T13'],
    steps: [
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
  },
  {
    name: 'three answers are awaited at most; the fourth that is slow fails aloud',
    behaviours: ['W5'],
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
      [tick(58_000), 'discard 110', 'speak 111: failed: late'],
    ],
  },
  {
    name: 'after five minutes an awaited answer is given up, and somebody is told',
    behaviours: ['W6', 'T14'],
    also: ['fact'],
    steps: [
      [bridge, begunForBridge, 'utterance 1 of ana: meant', 'play 101'],
      [tick(13_000), 'hold 101', 'speak 102: later'],
      [over(102, 14_000, 'later'), 'heard 102: later'],
      [tick(301_000), 'discard 101', 'turn of ana: failed', 'speak 103: failed: late'],
    ],
  },
  {
    name: 'a failure is said once, then it is a tone, until an answer is whole',
    behaviours: ['F1'],
    also: ['cue'],
    steps: [
      [bridge, begunForBridge, 'play 101'],
      [{ kind: 'failed', answer: 101, stage: 'think', atMs: 1_100 }, 'speak 102: failed: think'],
      [over(102, 2_000, 'failed: think')],
      [says(2, 'ana', 3_000, 'Nova, two?'), 'begin 104 for ana: Nova, two?', 'play 104'],
      [{ kind: 'failed', answer: 104, stage: 'think', atMs: 4_100 }, 'cue error'],
      [says(3, 'ana', 6_000, 'Nova, three?'), 'begin 106 for ana: Nova, three?', 'play 106'],
      [[audible(106, 7_050), over(106, 8_000, 'Three.')]],
      [says(4, 'ana', 9_000, 'Nova, four?'), 'begin 108 for ana: Nova, four?', 'play 108'],
      [{ kind: 'failed', answer: 108, stage: 'think', atMs: 10_100 }, 'speak 109: failed: think'],
    ],
  },
  {
    name: 'an answer that failed before its question was over is told when it is its time',
    behaviours: ['F1', 'P1'],
    steps: [
      [[began(1, 'ana', 0), ...pause(1, 600, 'Nova, the bridge?')], begunForBridge],
      [{ kind: 'failed', answer: 101, stage: 'think', atMs: 800 }],
      [ended(1, 1_000), 'speak 102: failed: think'],
    ],
  },
  {
    name: 'there is no money: the channel reads it once, then the panel; who asked the same is asked for on their own share',
    behaviours: ['G2', 'G3', 'G4'],
    steps: [
      [bridge, begunForBridge, 'play 101'],
      [says(2, 'ben', 500, 'Nova, the bridge?')],
      [
        { kind: 'refused', reply: 101, line: 'no-money', isNews: true, atMs: 1_600 },
        'notice no-money for ana',
        'begin 104 for ben: Nova, the bridge?',
        'play 104',
      ],
      [{ kind: 'refused', reply: 104, line: 'no-money', isNews: false, atMs: 1_700 }],
    ],
  },
];
