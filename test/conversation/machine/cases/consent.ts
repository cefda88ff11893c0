import { toPersonId } from '#src/base/ids.ts';
import {
  announcementAsked,
  bridgeAsked,
  buttonPressed,
  type ConversationCases,
  consentGiven,
  makePerson,
  makeRoom,
  makeRoomAfter,
  noticeAsked,
  pauseWithWords,
  peoplePresent,
  recognisedWords,
  replyAudible,
  replyCutShort,
  replyOver,
  saidByBen,
  saysWhole,
  toolCalled,
  voiceBegan,
  voiceEnded,
  voicePaused,
} from '#test/conversation/machine/conversation-case.ts';

export const consentCases: ConversationCases = {
  'nobody is heard who did not agree; the role and the caller are; a no counts over both':
    {
      room: {
        ...makeRoom('ana', 'ben'),
        presence: {
          ...makeRoom().presence,
          people: [
            makePerson(toPersonId('ana')),
            makePerson(toPersonId('ben'), { hasRole: true }),
            makePerson(toPersonId('bot'), { isBot: true }),
          ],
          consent: {
            ...makeRoom().presence.consent,
            policy: 'role',
            told: [toPersonId('ben')],
          },
        },
      },
      also: ['listen', 'forget'],
      steps: [
        [voiceBegan(1, toPersonId('ana'), 0)],
        [voiceBegan(2, toPersonId('ben'), 100), 'listen 2 of ben'],
        [consentGiven(toPersonId('ana'), 'called', 200)],
        [voiceBegan(3, toPersonId('ana'), 300), 'listen 3 of ana'],
        [
          [
            consentGiven(toPersonId('bot'), 'called', 350),
            voiceBegan(4, toPersonId('bot'), 400),
          ],
        ],
        [consentGiven(toPersonId('ben'), 'no', 500), 'forget-person ben', 'forget 2'],
        [voiceBegan(5, toPersonId('ben'), 600)],
      ],
    },
  'a no in the middle of a sentence drops all of it; words that come late meet nothing':
    {
      also: ['forget', 'fact'],
      steps: [
        [[voiceBegan(1, toPersonId('ana'), 0), voicePaused(1, 600)]],
        [
          consentGiven(toPersonId('ana'), 'no', 650),
          'utterance 1 of ana: withdrawn',
          'turn of ana: withdrawn',
          'forget-person ana',
          'forget 1',
        ],
        [
          [
            recognisedWords(1, 1, 'Nova, the bridge?', 700),
            voiceEnded(1, 1_000),
            voiceBegan(2, toPersonId('ana'), 5_000),
          ],
        ],
      ],
    },
  'a no cuts the answer, drops what waits, tools and questions of Confirm, and leaves those of others':
    {
      steps: [
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
        [toolCalled(101, 'look', 'page', 'read', 1_150), 'run 103: look page for ana'],
        [replyAudible(101, 1_200)],
        [saysWhole(2, toPersonId('ben'), 1_500, 'Nova, Quito?')],
        [
          consentGiven(toPersonId('ana'), 'no', 3_000),
          'stop-run 103',
          'cut 101',
          'close-ask 102',
          'forget-person ana',
          'begin 105 for ben: Nova, Quito?',
          'play 105',
        ],
        [replyCutShort(101, 3_010, 'It is')],
        [buttonPressed(102, toPersonId('ana'), 4_000)],
      ],
    },
  'what was said before a no is not shown any more, so an answer that was begun on it is begun anew':
    {
      steps: [
        bridgeAsked,
        [[replyAudible(101, 1_200), replyOver(101, 2_000, 'Old.')]],
        [
          [
            voiceBegan(2, toPersonId('ben'), 3_000),
            ...pauseWithWords(2, 3_500, 'Nova, Quito?'),
          ],
          'begin 103 for ben: Nova, Quito?',
        ],
        [
          consentGiven(toPersonId('ana'), 'no', 3_700),
          'discard 103',
          'forget-person ana',
        ],
        [voiceEnded(2, 4_000), 'begin 104 for ben: Nova, Quito?', 'play 104'],
      ],
    },
  'an answer that is awaited is made anew where it may hold words of a person who says no':
    {
      room: makeRoomAfter({
        ...saidByBen,
        by: toPersonId('ana'),
        name: 'Ana',
        words: 'my code is 1234',
      }),
      steps: [
        [
          saysWhole(1, toPersonId('ben'), 0, 'Nova, which code?'),
          'begin 101 for ben: Nova, which code?',
          'play 101',
        ],
        [
          consentGiven(toPersonId('ana'), 'no', 1_500),
          'discard 101',
          'forget-person ana',
          'begin 102 for ben: Nova, which code?',
          'play 102',
        ],
      ],
    },
  'after a no nothing of those words is in the conversation: a change of another person needs no Confirm for them':
    {
      steps: [
        bridgeAsked,
        [[replyAudible(101, 1_200), replyOver(101, 2_000, 'Old.')]],
        [consentGiven(toPersonId('ana'), 'no', 3_000), 'forget-person ana'],
        [
          saysWhole(2, toPersonId('ben'), 4_000, 'Nova, a timer'),
          'begin 103 for ben: Nova, a timer',
          'play 103',
        ],
        [toolCalled(103, 'timer', '10', 'last', 5_100), 'run 104: timer 10 for ben'],
      ],
    },
  '"do not listen to me" needs no name, works as the press, and its own answer ends': [
    bridgeAsked,
    [
      saysWhole(2, toPersonId('ana'), 4_000, 'do not listen to me'),
      'obey no for ana',
      'discard 101',
      'forget-person ana',
    ],
    [voiceBegan(3, toPersonId('ana'), 9_000)],
  ],
  'in a pause of hearing nobody is heard; what was half said is not finished, what was said is answered':
    {
      also: ['fact'],
      steps: [
        [
          [
            voiceBegan(1, toPersonId('ana'), 0),
            voicePaused(1, 600),
            voiceEnded(1, 1_000),
          ],
        ],
        [voiceBegan(2, toPersonId('ben'), 1_000)],
        [
          { kind: 'paused-hearing', isPaused: true, atMs: 1_100 },
          'utterance 2 of ben: cancelled',
        ],
        [voiceBegan(3, toPersonId('ben'), 1_200)],
        [
          recognisedWords(1, 1, 'Nova, Quito?', 1_300),
          'utterance 1 of ana: meant',
          'begin 102 for ana: Nova, Quito?',
          'play 102',
        ],
      ],
    },
  'whoever leaves: their waiting question goes, the answer they hear ends with its clause':
    [
      bridgeAsked,
      [replyAudible(101, 1_200)],
      [saysWhole(2, toPersonId('ben'), 1_500, 'Nova, Quito?')],
      [peoplePresent(3_000, 'cleo'), 'finish-clause 101'],
      [replyCutShort(101, 3_500, 'It is old.')],
    ],
  'nothing new begins for who has left, whether in the middle of a word or after it': {
    also: ['fact'],
    steps: [
      [voiceBegan(1, toPersonId('ana'), 0)],
      [peoplePresent(300, 'ben', 'cleo'), 'utterance 1 of ana: cancelled'],
      [[...pauseWithWords(1, 600, 'Nova, the bridge?'), voiceEnded(1, 1_000)]],
      [
        [
          voiceBegan(2, toPersonId('ben'), 2_000),
          voicePaused(2, 2_500),
          voiceEnded(2, 2_900),
        ],
      ],
      [peoplePresent(2_910, 'cleo'), 'utterance 2 of ben: cancelled'],
      [recognisedWords(2, 1, 'Nova, the bridge?', 2_950)],
    ],
  },
  'a no drops texts of that person and notices for them, and leaves those of others': [
    [announcementAsked(0, { owner: toPersonId('ben'), request: 1 }), 'speak 100'],
    [announcementAsked(10, { owner: toPersonId('ana'), request: 2 })],
    [
      announcementAsked(20, {
        owner: toPersonId('ben'),
        about: [toPersonId('ana')],
        request: 3,
      }),
    ],
    [noticeAsked(4, 'ana', 60_000, 30)],
    [
      consentGiven(toPersonId('ana'), 'no', 100),
      'report 2: withdrawn',
      'report 3: withdrawn',
      'report 4: withdrawn',
      'forget-person ana',
    ],
  ],
  'a tool that reads for an answer ends with the answer': [
    [
      saysWhole(1, toPersonId('ana'), 0, 'Nova, look'),
      'begin 101 for ana: Nova, look',
      'play 101',
    ],
    [toolCalled(101, 'look', 'page', 'read', 1_100), 'run 102: look page for ana'],
    [voiceBegan(2, toPersonId('ana'), 1_500), 'discard 101', 'stop-run 102'],
    [
      [...pauseWithWords(2, 2_000, 'and long?'), voiceEnded(2, 2_400)],
      'begin 103 for ana: Nova, look and long?',
      'play 103',
    ],
  ],
};
