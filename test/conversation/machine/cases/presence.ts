import { type PersonId, toPersonId } from '#src/base/ids.ts';
import type { ConversationEvent } from '#src/conversation/machine/events.ts';
import {
  announcementAsked,
  begunForBridge,
  bridge,
  bridgeAsked,
  type ConversationCases,
  clearVoice,
  consentGiven,
  linkLost,
  linkUp,
  makePerson,
  makeRoom,
  makeRoomWith,
  noticeAsked,
  noVoice,
  pauseWithWords,
  peoplePresent,
  recognisedWords,
  replyAudible,
  replyBroken,
  replyOver,
  saysWhole,
  voiceBegan,
  voiceEnded,
  voicePaused,
} from '#test/conversation/machine/conversation-case.ts';

/** The stored consents of a server are read, or cannot be. */
function consentsRead(
  isLoaded: boolean,
  no: readonly PersonId[],
  atMs: number,
): ConversationEvent {
  const yes = isLoaded ? [] : [toPersonId('ana')];
  return { kind: 'consents', policy: 'ask', isLoaded, no, yes, told: [], atMs };
}

const people: ConversationCases = {
  'an answer that nobody has heard is dropped with its asker, and told on the panel': {
    also: ['fact'],
    steps: [
      [bridge, begunForBridge, 'utterance 1 of ana: meant', 'play 101'],
      [
        peoplePresent(2_000, 'ben'),
        'known of ana: ',
        'dropped ana: late',
        'discard 101',
        'turn of ana: late',
      ],
    ],
  },
  'a person whom the server bars is forgotten as after a no': [
    bridgeAsked,
    [
      {
        kind: 'people',
        people: [
          makePerson(toPersonId('ana'), { isAdmitted: false }),
          makePerson(toPersonId('ben')),
        ],
        atMs: 2_000,
      },
      'discard 101',
      'forget-person ana',
    ],
    [voiceBegan(2, toPersonId('ana'), 3_000)],
  ],
  'a no that another process has stored counts when it is read': [
    bridgeAsked,
    [
      {
        kind: 'consents',
        policy: 'ask',
        isLoaded: true,
        no: [toPersonId('ana')],
        yes: [toPersonId('ben')],
        told: [],
        atMs: 2_000,
      },
      'discard 101',
      'forget-person ana',
    ],
    [voiceBegan(2, toPersonId('ana'), 3_000)],
  ],
  'a no that is read only once its person was answered counts': [
    bridgeAsked,
    [[replyAudible(101, 1_200), consentsRead(false, [], 1_300)]],
    [replyOver(101, 2_000, 'Old.')],
    [consentsRead(true, [toPersonId('ana')], 3_000), 'forget-person ana'],
  ],
  'while consents cannot be read only a person is heard who said yes in this session': {
    also: ['listen'],
    steps: [
      [consentGiven(toPersonId('ana'), 'yes', 0)],
      [consentGiven(toPersonId('cleo'), 'called', 10)],
      [
        {
          kind: 'consents',
          policy: 'notice',
          isLoaded: false,
          no: [],
          yes: [],
          told: [],
          atMs: 100,
        },
      ],
      [voiceBegan(1, toPersonId('ana'), 200), 'listen 1 of ana'],
      [[voiceBegan(2, toPersonId('ben'), 300), voiceBegan(3, toPersonId('cleo'), 400)]],
    ],
  },
  'a typed question of a person who said no is answered in private': [
    [consentGiven(toPersonId('ana'), 'no', 0), 'forget-person ana'],
    [
      {
        kind: 'typed',
        request: 1,
        by: toPersonId('ana'),
        name: 'ana',
        text: 'Old?',
        atMs: 1_000,
      },
      'report 1: withdrawn',
    ],
  ],
  'a sound without a voice holds no words, whatever a recogniser makes of it': {
    also: ['fact'],
    steps: [
      [bridge, begunForBridge, 'utterance 1 of ana: meant', 'play 101'],
      [voiceBegan(2, toPersonId('ana'), 1_300), 'discard 101'],
      [
        voiceEnded(2, 1_900, 1_400, { evidence: noVoice }),
        'utterance 2 of ana: nothing',
        'begin 102 for ana: Nova, the bridge?',
        'play 102',
      ],
    ],
  },
  'an invented sentence of a recogniser holds no words': {
    also: ['fact'],
    room: makeRoomWith(makeRoom('ana'), { isSparing: true }),
    steps: [
      [
        [
          voiceBegan(1, toPersonId('ana'), 0),
          voicePaused(1, 500),
          recognisedWords(1, 1, '[Music]', 600),
          voiceEnded(1, 900),
        ],
        'utterance 1 of ana: nothing',
      ],
    ],
  },
};

const notices: ConversationCases = {
  'a reminder for somebody who is there is said, also behind one for somebody who left':
    [
      [[voiceBegan(1, toPersonId('cleo'), 0), noticeAsked(1, 'ana', 60_000, 100)]],
      [noticeAsked(2, 'ben', 60_000, 200)],
      [peoplePresent(500, 'ben', 'cleo')],
      [
        [...pauseWithWords(1, 600, 'well, Ben'), voiceEnded(1, 1_000)],
        'report 1: left',
        'speak 102',
      ],
    ],
};

const place: ConversationCases = {
  'words right after a lost link go on with the question that still waits': [
    bridgeAsked,
    [linkLost(1_050, 0), 'discard 101', 'open-link'],
    [voiceBegan(2, toPersonId('ana'), 1_500)],
    [linkUp(1_600)],
    [[voicePaused(2, 1_900), recognisedWords(2, 1, 'over the river?', 2_000)]],
    [
      voiceEnded(2, 2_300),
      'begin 102 for ana: Nova, the bridge? over the river?',
      'play 102',
    ],
  ],
  'a voice that fails is not told by the voice: what had no sound is written': {
    also: ['cue'],
    steps: [
      [announcementAsked(0, { request: 1 }), 'speak 100'],
      [replyBroken(100, 500, 'speak'), 'report 1: failed'],
      [
        saysWhole(1, toPersonId('ana'), 1_000, 'Nova, the bridge?'),
        'begin 102 for ana: Nova, the bridge?',
        'play 102',
      ],
      [[replyAudible(102, 2_100), replyBroken(102, 2_500, 'speak')]],
    ],
  },
  'near the cap no answer begins before its question ends': [
    [{ kind: 'settings', settings: { isSparing: true }, atMs: 0 }],
    [
      [
        voiceBegan(1, toPersonId('ana'), 100),
        voicePaused(1, 600),
        recognisedWords(1, 1, 'Nova, the bridge?', 700),
        { kind: 'likely-over', utterance: 1, evidence: clearVoice, atMs: 720 },
      ],
    ],
    [voiceEnded(1, 1_000), begunForBridge, 'play 101'],
  ],
};

export const presenceCases: ConversationCases = { ...people, ...notices, ...place };
