import { toPersonId } from '#src/base/ids.ts';
import {
  announcementAsked,
  begunForBridge,
  bridge,
  type ConversationCases,
  consentGiven,
  linkLost,
  linkUp,
  makeRoomAfter,
  pauseWithWords,
  replyAudible,
  replyCutShort,
  replyOver,
  saidByBen,
  saysWhole,
  tickAt,
  timerAsked,
  toolCalled,
  toolReturned,
  voiceBegan,
  voiceEnded,
} from '#test/conversation/machine/conversation-case.ts';

const stops: ConversationCases = {
  '"never mind" takes back what its speaker waits for, and nothing of others': [
    [[announcementAsked(0), replyAudible(100, 50)], 'speak 100'],
    [saysWhole(1, toPersonId('ben'), 100, 'Nova, Quito?')],
    [saysWhole(2, toPersonId('ana'), 3_000, 'Nova, the bridge?')],
    [saysWhole(3, toPersonId('ben'), 6_000, 'Nova, never mind')],
    [
      replyOver(100, 9_000, 'A text.'),
      'begin 104 for ana: Nova, the bridge?',
      'play 104 to ana',
    ],
  ],
  '/stop in the pause after a question ends the question': [
    [
      [
        voiceBegan(1, toPersonId('ana'), 0),
        ...pauseWithWords(1, 600, 'Nova, the bridge?'),
      ],
      begunForBridge,
    ],
    [{ kind: 'stop', atMs: 800 }, 'discard 101'],
    [[voiceEnded(1, 1_000), tickAt(9_000)]],
  ],
  '"stop" right after an own question ends it: it is not asked again': {
    also: ['fact'],
    steps: [
      [bridge, begunForBridge, 'utterance 1 of ana: meant', 'play 101'],
      [voiceBegan(2, toPersonId('ana'), 1_500), 'discard 101'],
      [
        [...pauseWithWords(2, 2_000, 'stop'), voiceEnded(2, 2_400)],
        'utterance 2 of ana: other',
        'obey stop for ana',
        'turn of ana: stopped',
      ],
      [tickAt(9_000)],
    ],
  },
  '"stop" before the first sound of a text drops the text': [
    [announcementAsked(0, { request: 1 }), 'speak 100'],
    [saysWhole(1, toPersonId('ana'), 100, 'stop'), 'cut 100', 'obey stop for ana'],
    [replyCutShort(100, 1_110, ''), 'report 1: stopped'],
  ],
  'an "mhm" over a text leaves the question before it as it was': [
    [announcementAsked(0), 'speak 100'],
    [replyAudible(100, 50)],
    [saysWhole(1, toPersonId('ana'), 100, 'Nova, the bridge?')],
    [saysWhole(2, toPersonId('ana'), 1_500, 'mhm')],
    [
      replyOver(100, 4_000, 'A text.'),
      'begin 102 for ana: Nova, the bridge?',
      'play 102 to ana',
    ],
  ],
};

const confirmations: ConversationCases = {
  'an answer runs a tool once with the same arguments, and with others three times at most':
    [
      timerAsked,
      [toolCalled(101, 'timer', '5', 'last', 1_100), 'run 102: timer 5 for ana'],
      [toolCalled(101, 'timer', '10', 'last', 1_110), 'run 103: timer 10 for ana'],
      [toolCalled(101, 'timer', '10', 'last', 1_120)],
      [toolReturned(103, 'ten', 1_130), 'result for 101: ten', 'result for 101: ten'],
      [toolCalled(101, 'timer', '15', 'last', 1_140), 'run 104: timer 15 for ana'],
      [
        toolCalled(101, 'timer', '20', 'last', 1_150),
        'result for 101: called often enough in this answer',
      ],
    ],
  'an answer that is made anew with other arguments of the same words makes no further change':
    [
      timerAsked,
      [toolCalled(101, 'timer', '5', 'last', 1_100), 'run 102: timer 5 for ana'],
      [toolReturned(102, 'set', 1_110), 'result for 101: set'],
      [
        [...linkLost(2_000), tickAt(2_500), linkUp(2_600)],
        'discard 101',
        'open-link',
        'begin 103 for ana: Nova, a timer, done: timer 5 = set',
        'play 103',
      ],
      [toolCalled(103, 'timer', '5 min', 'last', 2_700), 'result for 103: set'],
    ],
  'a call that changed nothing may be made again for the same question': [
    timerAsked,
    [toolCalled(101, 'timer', '10', 'last', 1_100), 'run 102: timer 10 for ana'],
    [
      {
        kind: 'returned',
        run: 102,
        result: 'no time given',
        isVain: true,
        atMs: 1_150,
      },
      'result for 101: no time given',
    ],
    [voiceBegan(2, toPersonId('ana'), 1_400), 'discard 101'],
    [
      [...pauseWithWords(2, 1_700, 'of ten minutes'), voiceEnded(2, 2_100)],
      'begin 103 for ana: Nova, a timer of ten minutes',
      'play 103',
    ],
    [toolCalled(103, 'timer', '10', 'last', 2_200), 'run 104: timer 10 for ana'],
  ],
  'a change that anybody can undo runs again for a grown question without Confirm': [
    timerAsked,
    [toolCalled(101, 'volume', '5', 'change', 1_050), 'run 102: volume 5 for ana'],
    [toolReturned(102, 'five', 1_100), 'result for 101: five'],
    [voiceBegan(2, toPersonId('ana'), 1_900), 'discard 101'],
    [
      [...pauseWithWords(2, 2_300, 'and seven'), voiceEnded(2, 2_700)],
      'begin 103 for ana: Nova, a timer and seven, done: volume 5 = five',
      'play 103',
    ],
    [toolCalled(103, 'volume', '7', 'change', 2_800), 'run 104: volume 7 for ana'],
  ],
  'a question of Confirm is not asked aloud after another call of the same answer': {
    room: makeRoomAfter(saidByBen),
    steps: [
      timerAsked,
      [toolCalled(101, 'clock', '', 'read', 1_050), 'run 102: clock  for ana'],
      [
        toolCalled(101, 'timer', '10', 'last', 1_100, { isSayable: true }),
        'ask 103 ana: timer',
        'result for 101: waits for Confirm',
      ],
    ],
  },
  'a no of the person who has to press closes the question of Confirm': [
    timerAsked,
    [
      toolCalled(101, 'note', 'ben', 'last', 1_100, { presser: toPersonId('ben') }),
      'ask 102 ben: note',
      'result for 101: waits for Confirm',
    ],
    [
      consentGiven(toPersonId('ben'), 'no', 2_000),
      'close-ask 102',
      'forget-person ben',
    ],
    [
      toolCalled(101, 'note', 'ben', 'last', 2_100, { presser: toPersonId('cleo') }),
      'ask 103 cleo: note',
      'result for 101: waits for Confirm',
    ],
  ],
};

export const commandCases: ConversationCases = { ...stops, ...confirmations };
