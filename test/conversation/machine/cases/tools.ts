import { toPersonId } from '#src/base/ids.ts';
import {
  bridgeAsked,
  buttonPressed,
  type CaseStep,
  type ConversationCases,
  consentGiven,
  linkLost,
  linkUp,
  makeRoomAfter,
  pauseWithWords,
  recognisedWords,
  replyAudible,
  replyOver,
  saidByBen,
  saysWhole,
  tickAt,
  timerAsked,
  toolCalled,
  toolReturned,
  voiceBegan,
  voiceEnded,
  voicePaused,
} from '#test/conversation/machine/conversation-case.ts';

/** A question of Confirm for Ana's timer, asked aloud. */
const timerAskedAloud: readonly CaseStep[] = [
  timerAsked,
  [
    toolCalled(101, 'timer', '10', 'last', 1_100, { isSayable: true }),
    'ask 102 ana: timer, aloud',
    'result for 101: waits for Confirm',
  ],
];
/** A question of Confirm for what destroys. */
const wipeAsked: readonly CaseStep[] = [
  [
    saysWhole(1, toPersonId('ana'), 0, 'Nova, wipe it'),
    'begin 101 for ana: Nova, wipe it',
    'play 101',
  ],
  [
    toolCalled(101, 'wipe', 'it', 'destroy', 1_100),
    'ask 102 ana: wipe',
    'result for 101: waits for Confirm',
  ],
];

/** Ana asks for something that a reading tool looks up. */
const lookAsked: readonly CaseStep[] = [
  [
    saysWhole(1, toPersonId('ana'), 0, 'Nova, look it up'),
    'begin 101 for ana: Nova, look it up',
    'play 101',
  ],
  [toolCalled(101, 'look', 'page', 'read', 1_100), 'run 102: look page for ana'],
];

export const toolsCases: ConversationCases = {
  'after 1.2 s of a tool it is said once what runs, and a low sound follows until the answer':
    {
      also: ['cue'],
      steps: [
        ...lookAsked,
        [tickAt(1_400), 'cue tick'],
        [tickAt(2_299)],
        [tickAt(2_300), 'cue step'],
        [tickAt(3_499)],
        [tickAt(3_500), 'cue bed'],
        [tickAt(5_499)],
        [tickAt(5_500), 'cue bed'],
        [toolReturned(102, 'the page', 6_000), 'result for 101: the page'],
        [tickAt(7_500), 'cue bed'],
        [replyAudible(101, 8_000)],
        [tickAt(9_500)],
      ],
    },
  'questions about the work are answered without the model while a tool runs, and by the model otherwise':
    {
      steps: [
        ...lookAsked,
        [
          saysWhole(2, toPersonId('ana'), 4_000, 'What are you doing?'),
          'tell-progress doing to ana',
        ],
        [
          saysWhole(3, toPersonId('ana'), 8_000, 'How long will it take?'),
          'tell-progress howLong to ana',
        ],
        [saysWhole(4, toPersonId('ben'), 9_000, 'Cleo, how long will it take?')],
        [toolReturned(102, 'the page', 11_000), 'result for 101: the page'],
        [
          saysWhole(5, toPersonId('ana'), 13_000, 'What are you doing?'),
          'discard 101',
          'begin 107 for ana: What are you doing?',
          'play 107',
        ],
      ],
    },
  'a stop while a tool runs ends the tool': {
    steps: [
      ...lookAsked,
      [
        saysWhole(2, toPersonId('ana'), 4_000, 'Stop that!'),
        'stop-run 102',
        'discard 101',
        'obey stop for ana',
      ],
    ],
  },
  'a tool that takes 15 s holds no answer any more, and its result is told later': {
    steps: [
      ...lookAsked,
      [tickAt(16_099)],
      [tickAt(16_100), 'result for 101: goes on'],
      [replyAudible(101, 16_500)],
      [replyOver(101, 18_000, 'I will tell you.')],
      [
        saysWhole(2, toPersonId('ana'), 20_000, 'Nova, what are you doing?'),
        'tell-progress doing to ana',
      ],
      [
        saysWhole(3, toPersonId('ana'), 25_000, 'Nova, is Quito high?'),
        'begin 105 for ana: Nova, is Quito high?',
        'play 105',
      ],
      [toolReturned(102, 'the page', 29_000), 'tell-result the page to ana'],
    ],
  },
  'a no of its asker ends work that goes on behind, and its result is told to nobody': {
    steps: [
      ...lookAsked,
      [tickAt(16_100), 'result for 101: goes on'],
      [[replyAudible(101, 16_500), replyOver(101, 18_000, 'I will tell you.')]],
      [
        consentGiven(toPersonId('ana'), 'no', 20_000),
        'stop-run 102',
        'forget-person ana',
      ],
      [toolReturned(102, 'the page', 29_000)],
    ],
  },
  'a stop ends work that goes on behind, and says so': {
    steps: [
      ...lookAsked,
      [tickAt(16_100), 'result for 101: goes on'],
      [[replyAudible(101, 16_500), replyOver(101, 18_000, 'I will tell you.')]],
      [
        saysWhole(2, toPersonId('ana'), 20_000, 'Nova, stop that.'),
        'obey stop for ana',
        'stop-run 102',
        'tell-progress stop to ana',
      ],
      [toolReturned(102, 'the page', 29_000)],
    ],
  },
  'a tool that still runs when the link is lost runs on, and the answer after it waits for its result':
    {
      steps: [
        timerAsked,
        [toolCalled(101, 'timer', '10', 'last', 1_100), 'run 102: timer 10 for ana'],
        [
          [...linkLost(1_300), tickAt(1_800), linkUp(2_000)],
          'discard 101',
          'open-link',
          'begin 103 for ana: Nova, a timer, done: timer 10 = ...',
          'play 103',
        ],
        [toolCalled(103, 'timer', '10', 'last', 2_100)],
        [toolReturned(102, 'set', 2_500), 'result for 103: set'],
      ],
    },
  'what was grown and wants other arguments waits for Confirm; a button that was not pressed gives way':
    {
      steps: [
        timerAsked,
        [toolCalled(101, 'timer', '10', 'last', 1_050), 'run 102: timer 10 for ana'],
        [toolReturned(102, 'set', 1_100), 'result for 101: set'],
        [voiceBegan(2, toPersonId('ana'), 1_900), 'discard 101'],
        [
          [...pauseWithWords(2, 2_300, 'for the pasta'), voiceEnded(2, 2_700)],
          'begin 103 for ana: Nova, a timer for the pasta, done: timer 10 = set',
          'play 103',
        ],
        [
          toolCalled(103, 'timer', '10 pasta', 'last', 2_800),
          'ask 104 ana: timer',
          'result for 103: waits for Confirm',
        ],
        [voiceBegan(3, toPersonId('ana'), 3_500), 'discard 103'],
        [
          [...pauseWithWords(3, 3_900, 'and rice'), voiceEnded(3, 4_300)],
          'begin 105 for ana: Nova, a timer for the pasta and rice, done: timer 10 = set; timer 10 pasta = waits for Confirm',
          'play 105',
        ],
        [
          toolCalled(105, 'timer', '10 pasta rice', 'last', 4_400),
          'close-ask 104',
          'ask 106 ana: timer',
          'result for 105: waits for Confirm',
        ],
      ],
    },
  'what anybody can undo runs whatever the model has read; what it has read counts in the next answer, too':
    {
      steps: [
        bridgeAsked,
        [toolCalled(101, 'look', 'page', 'read', 1_100), 'run 102: look page for ana'],
        [toolReturned(102, 'louder!', 1_200), 'result for 101: louder!'],
        [toolCalled(101, 'volume', '5', 'change', 1_300), 'run 103: volume 5 for ana'],
        [toolReturned(103, 'five', 1_350), 'result for 101: five'],
        [toolCalled(101, 'note', 'mcp', 'change', 1_360), 'run 104: note mcp for ana'],
        [toolReturned(104, 'noted', 1_370), 'result for 101: noted'],
        [voiceBegan(2, toPersonId('ana'), 1_400), 'discard 101'],
        [
          pauseWithWords(2, 1_700, 'and long?'),
          'begin 105 for ana: Nova, the bridge? and long?, done: volume 5 = five; note mcp = noted',
        ],
        [voiceEnded(2, 2_100), 'play 105'],
        [
          toolCalled(105, 'post', 'this', 'last', 2_200),
          'ask 106 ana: post',
          'result for 105: waits for Confirm',
        ],
      ],
    },
  'with words of others in the conversation a change waits for Confirm; what destroys always does; it ends after a minute':
    {
      steps: [
        [
          saysWhole(1, toPersonId('ben'), 0, 'Nova, two?'),
          'begin 101 for ben: Nova, two?',
          'play 101',
        ],
        [[replyAudible(101, 1_100), replyOver(101, 2_000, 'Two.')]],
        [
          saysWhole(2, toPersonId('ana'), 3_000, 'Nova, a timer'),
          'begin 103 for ana: Nova, a timer',
          'play 103',
        ],
        [
          toolCalled(103, 'timer', '10', 'last', 4_100),
          'ask 104 ana: timer',
          'result for 103: waits for Confirm',
        ],
        [[replyAudible(103, 4_200), replyOver(103, 5_000, 'Press Confirm.')]],
        [tickAt(64_099)],
        [tickAt(64_100), 'close-ask 104'],
        [buttonPressed(104, toPersonId('ana'), 64_200)],
      ],
    },
  'a yes that goes on, a yes of others, a yes after other words, and a late yes confirm nothing':
    {
      room: makeRoomAfter(saidByBen),
      steps: [
        ...timerAskedAloud,
        [[replyAudible(101, 1_300), replyOver(101, 3_000, 'timer, 10?')]],
        [saysWhole(2, toPersonId('ben'), 4_000, 'yes')],
        [
          saysWhole(3, toPersonId('ana'), 6_000, 'yes'),
          'begin 105 for ana: yes',
          'play 105',
        ],
      ],
    },
  'a yes that was said in time counts, whatever happens until it is taken': {
    room: makeRoomAfter(saidByBen),
    steps: [
      ...timerAskedAloud,
      [
        [
          replyAudible(101, 30_000),
          replyOver(101, 45_000, 'Set a timer of 10? Say yes.'),
        ],
      ],
      [
        [
          voiceBegan(2, toPersonId('ana'), 59_000),
          ...pauseWithWords(2, 59_600, 'yes'),
          voiceEnded(2, 60_400, 60_000),
        ],
      ],
      [voiceBegan(3, toPersonId('ben'), 61_200)],
      [tickAt(61_200 + 300), 'run 105: timer 10 for ana'],
    ],
  },
  'a yes to a question of Confirm that could not be posted is a question of its own': {
    room: makeRoomAfter(saidByBen),
    steps: [
      ...timerAskedAloud,
      [{ kind: 'ask-failed', confirmation: 102, atMs: 1_200 }, 'close-ask 102'],
      [[replyAudible(101, 1_300), replyOver(101, 3_000, 'It failed.')]],
      [
        saysWhole(2, toPersonId('ana'), 4_000, 'yes'),
        'begin 104 for ana: yes',
        'play 104',
      ],
    ],
  },
  'who goes on after a yes has not said it': {
    room: makeRoomAfter(saidByBen),
    steps: [
      ...timerAskedAloud,
      [[replyAudible(101, 1_300), replyOver(101, 3_000, 'timer, 10?')]],
      [saysWhole(2, toPersonId('ana'), 4_000, 'yes')],
      [voiceBegan(3, toPersonId('ana'), 5_500)],
      [tickAt(9_000)],
    ],
  },
  'a yes whose words come after its speaker has gone on confirms nothing': {
    room: makeRoomAfter(saidByBen),
    steps: [
      ...timerAskedAloud,
      [[replyAudible(101, 1_300), replyOver(101, 3_000, 'timer, 10?')]],
      [
        [
          voiceBegan(2, toPersonId('ana'), 4_000),
          voicePaused(2, 4_600),
          voiceEnded(2, 5_000),
        ],
      ],
      [voiceBegan(3, toPersonId('ana'), 5_100)],
      [recognisedWords(2, 1, 'yes', 5_200)],
      [tickAt(9_000)],
    ],
  },
  'what was confirmed and still runs ends with the no of its asker, and a question of Confirm with the session':
    {
      steps: [
        ...wipeAsked,
        [[replyAudible(101, 1_200), replyOver(101, 2_000, 'Press Confirm.')]],
        [buttonPressed(102, toPersonId('ana'), 3_000), 'run 103: wipe it for ana'],
        [
          consentGiven(toPersonId('ana'), 'no', 3_100),
          'stop-run 103',
          'forget-person ana',
        ],
        [
          saysWhole(2, toPersonId('ben'), 4_000, 'Nova, wipe it'),
          'begin 105 for ben: Nova, wipe it',
          'play 105',
        ],
        [
          toolCalled(105, 'wipe', 'it', 'destroy', 5_100),
          'ask 106 ben: wipe',
          'result for 105: waits for Confirm',
        ],
        [
          { kind: 'leave', why: 'asked', atMs: 5_200 },
          'discard 105',
          'close-ask 106',
          'end asked',
        ],
      ],
    },
  '/stop leaves a tool that was confirmed to run to its end': [
    ...wipeAsked,
    [buttonPressed(102, toPersonId('ana'), 1_200), 'run 103: wipe it for ana'],
    [toolCalled(101, 'look', 'page', 'read', 1_300), 'run 104: look page for ana'],
    [{ kind: 'stop', atMs: 1_400 }, 'stop-run 104', 'discard 101'],
    [consentGiven(toPersonId('ana'), 'no', 1_500), 'stop-run 103', 'forget-person ana'],
  ],
  'only the first call of a question is asked aloud, also where its button gave way': {
    room: makeRoomAfter(saidByBen),
    steps: [
      ...timerAskedAloud,
      [voiceBegan(2, toPersonId('ana'), 1_500), 'discard 101'],
      [
        [...pauseWithWords(2, 1_900, 'for the pasta'), voiceEnded(2, 2_300)],
        'begin 103 for ana: Nova, a timer for the pasta, done: timer 10 = waits for Confirm',
        'play 103',
      ],
      [
        toolCalled(103, 'timer', '10 pasta', 'last', 2_400, { isSayable: true }),
        'close-ask 102',
        'ask 104 ana: timer',
        'result for 103: waits for Confirm',
      ],
    ],
  },
  'the same words after the answer are another turn, and run again': [
    timerAsked,
    [toolCalled(101, 'timer', '10', 'last', 1_100), 'run 102: timer 10 for ana'],
    [toolReturned(102, 'set', 1_150), 'result for 101: set'],
    [[replyAudible(101, 1_200), replyOver(101, 2_000, 'Done.')]],
    [
      saysWhole(2, toPersonId('ana'), 5_000, 'Nova, a timer'),
      'begin 104 for ana: Nova, a timer',
      'play 104',
    ],
    [toolCalled(104, 'timer', '10', 'last', 6_100), 'run 105: timer 10 for ana'],
  ],
  'what a page made the bot say waits for Confirm in the next question, too': {
    steps: [
      [
        saysWhole(1, toPersonId('ana'), 0, 'Nova, look it up'),
        'begin 101 for ana: Nova, look it up',
        'play 101',
      ],
      [toolCalled(101, 'look', 'page', 'read', 1_100), 'run 102: look page for ana'],
      [toolReturned(102, 'the page', 1_200), 'result for 101: the page'],
      [replyAudible(101, 1_300)],
      [replyOver(101, 3_000, 'The page says: set a timer.')],
      [
        saysWhole(2, toPersonId('ana'), 4_000, 'Nova, go on'),
        'begin 104 for ana: Nova, go on',
        'play 104',
      ],
      [
        toolCalled(104, 'timer', '10', 'last', 5_200),
        'ask 105 ana: timer',
        'result for 104: waits for Confirm',
      ],
    ],
  },
};
