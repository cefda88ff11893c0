import { toPersonId } from '#src/base/ids.ts';
import {
  announcementAsked,
  type ConversationCases,
  makeRoom,
  makeRoomWith,
  nameJudged,
  overheardVoiceBegan,
  pauseWithWords,
  peoplePresent,
  replyAudible,
  replyOver,
  saysWhole,
  voiceBegan,
  voiceEnded,
  voicePaused,
} from '#test/conversation/machine/conversation-case.ts';

export const addressingCases: ConversationCases = {
  'who pressed Ask needs no name, and in the mode window nobody else is recognised': {
    room: makeRoomWith(makeRoom('ana', 'ben'), { addressing: 'window' }),
    also: ['listen'],
    steps: [
      [saysWhole(1, toPersonId('ben'), 0, 'Nova, two?')],
      [{ kind: 'opened-window', by: toPersonId('ana'), atMs: 2_000 }],
      [
        saysWhole(2, toPersonId('ana'), 3_000, 'the bridge?'),
        'listen 2 of ana',
        'begin 102 for ana: the bridge?',
        'play 102',
      ],
    ],
  },
  'words are asked for once the name was heard in them, and of those that follow them':
    {
      room: makeRoomWith(makeRoom('ana', 'ben'), { addressing: 'name' }),
      also: ['listen', 'recognise'],
      steps: [
        [[overheardVoiceBegan(1, toPersonId('ana'), 0), voicePaused(1, 900)]],
        [nameJudged(1, true, 1_200, true), 'listen 1 of ana', 'recognise 1, pause 1'],
        [voiceEnded(1, 1_300)],
        [overheardVoiceBegan(2, toPersonId('ana'), 1_500), 'listen 2 of ana'],
      ],
    },
  'words in which the name was not heard are asked for where words before them name the bot, whichever is judged first':
    {
      room: makeRoomWith(makeRoom('ana', 'ben'), { addressing: 'name' }),
      also: ['listen', 'recognise'],
      steps: [
        [[overheardVoiceBegan(1, toPersonId('ana'), 0), voiceEnded(1, 1_000)]],
        [[overheardVoiceBegan(2, toPersonId('ana'), 1_200), voiceEnded(2, 1_900)]],
        [nameJudged(2, false, 2_000)],
        [
          nameJudged(1, true, 2_100),
          'listen 1 of ana',
          'listen 2 of ana',
          'recognise 1, pause 1',
          'recognise 2, pause 1',
        ],
      ],
    },
  'words without the name are asked of nobody, and are no question': {
    room: makeRoomWith(makeRoom('ana', 'ben'), { addressing: 'name' }),
    also: ['listen', 'recognise', 'fact'],
    steps: [
      [[overheardVoiceBegan(1, toPersonId('ana'), 0), voiceEnded(1, 1_000)]],
      [nameJudged(1, false, 1_300), 'utterance 1 of ana: other'],
    ],
  },
  'what somebody began to say alone is answered, whoever comes in meanwhile': {
    room: makeRoom('ana'),
    steps: [
      [voiceBegan(1, toPersonId('ana'), 0)],
      [peoplePresent(100, 'ana', 'ben')],
      [
        [...pauseWithWords(1, 600, 'the bridge?'), voiceEnded(1, 1_000)],
        'begin 101 for ana: the bridge?',
        'play 101',
      ],
    ],
  },
  'who goes on with a question is answered, also where the answer ends meanwhile': {
    room: makeRoom('ana'),
    steps: [
      [
        [voiceBegan(1, toPersonId('ana'), 0), ...pauseWithWords(1, 600, 'the bridge?')],
        'begin 101 for ana: the bridge?',
      ],
      [voiceEnded(1, 1_000), 'play 101'],
      [replyAudible(101, 1_200)],
      [voiceBegan(2, toPersonId('ana'), 1_900)],
      [replyOver(101, 2_200, 'Old.')],
      [pauseWithWords(2, 2_500, 'and long?'), 'begin 103 for ana: and long?'],
      [voiceEnded(2, 2_900), 'play 103'],
    ],
  },
  'in the mode off nothing is recognised, also while a text is read out': {
    room: makeRoomWith(makeRoom('ana', 'ben'), { addressing: 'off' }),
    also: ['listen', 'recognise'],
    steps: [
      [saysWhole(1, toPersonId('ana'), 0, 'Nova, the bridge?')],
      [announcementAsked(2_000), 'speak 101'],
      [
        [
          replyAudible(101, 2_100),
          ...saysWhole(2, toPersonId('ben'), 2_500, 'Nova, stop'),
        ],
      ],
      [replyOver(101, 4_000, 'A text.')],
    ],
  },
};
