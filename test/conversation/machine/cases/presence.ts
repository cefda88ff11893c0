import {
  audible,
  began,
  begunForBridge,
  bridge,
  bridgeAsked,
  broken,
  type ConversationCases,
  clearVoice,
  consents,
  ended,
  lost,
  notifies,
  noVoice,
  pause,
  paused,
  person,
  present,
  reads,
  room,
  roomWith,
  says,
  up,
  words,
} from '#test/conversation/machine/conversation-case.ts';

const people: ConversationCases = {
  'an answer that nobody has heard is dropped with its asker, and told on the panel': {
    also: ['fact'],
    steps: [
      [bridge, begunForBridge, 'utterance 1 of ana: meant', 'play 101'],
      [
        present(2_000, 'ben'),
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
        people: [person('ana', { isAdmitted: false }), person('ben')],
        atMs: 2_000,
      },
      'discard 101',
      'forget-person ana',
    ],
    [began(2, 'ana', 3_000)],
  ],
  'a no that another process has stored counts when it is read': [
    bridgeAsked,
    [
      { kind: 'consents', policy: 'ask', isRead: true, no: ['ana'], yes: ['ben'], atMs: 2_000 },
      'discard 101',
      'forget-person ana',
    ],
    [began(2, 'ana', 3_000)],
  ],
  'while consents cannot be read only a person is heard who said yes in this session': {
    also: ['listen'],
    steps: [
      [consents('ana', 'yes', 0)],
      [consents('cleo', 'called', 10)],
      [{ kind: 'consents', policy: 'notice', isRead: false, no: [], yes: [], atMs: 100 }],
      [began(1, 'ana', 200), 'listen 1 of ana'],
      [[began(2, 'ben', 300), began(3, 'cleo', 400)]],
    ],
  },
  'a typed question of a person who said no is answered in private': [
    [consents('ana', 'no', 0), 'forget-person ana'],
    [
      { kind: 'typed', request: 1, by: 'ana', name: 'ana', text: 'Old?', atMs: 1_000 },
      'report 1: private',
    ],
  ],
  'a sound without a voice holds no words, whatever a recogniser makes of it': {
    also: ['fact'],
    steps: [
      [bridge, begunForBridge, 'utterance 1 of ana: meant', 'play 101'],
      [began(2, 'ana', 1_300), 'discard 101'],
      [
        ended(2, 1_900, 1_400, { evidence: noVoice }),
        'utterance 2 of ana: nothing',
        'begin 102 for ana: Nova, the bridge?',
        'play 102',
      ],
    ],
  },
  'an invented sentence of a recogniser holds no words': {
    also: ['fact'],
    room: roomWith(room('ana'), { isSparing: true }),
    steps: [
      [
        [began(1, 'ana', 0), paused(1, 500), words(1, 1, '[Music]', 600), ended(1, 900)],
        'utterance 1 of ana: nothing',
      ],
    ],
  },
};

const notices: ConversationCases = {
  'a reminder for somebody who is there is said, also behind one for somebody who left': [
    [[began(1, 'cleo', 0), notifies(1, 'ana', 'pasta', 60_000, 100)]],
    [notifies(2, 'ben', 'rice', 60_000, 200)],
    [present(500, 'ben', 'cleo')],
    [[...pause(1, 600, 'well, Ben'), ended(1, 1_000)], 'report 1: left', 'speak 102: rice'],
  ],
};

const place: ConversationCases = {
  'words right after a lost link go on with the question that still waits': [
    bridgeAsked,
    [lost(1_050, 0), 'discard 101', 'open-link'],
    [began(2, 'ana', 1_500)],
    [up(1_600)],
    [[paused(2, 1_900), words(2, 1, 'over the river?', 2_000)]],
    [ended(2, 2_300), 'begin 102 for ana: Nova, the bridge? over the river?', 'play 102'],
  ],
  'a voice that fails is not told by the voice: what had no sound is written': {
    also: ['cue'],
    steps: [
      [reads('one', 0, { request: 1 }), 'speak 100: one'],
      [broken(100, 500, 'speak'), 'report 1: failed'],
      [
        says(1, 'ana', 1_000, 'Nova, the bridge?'),
        'begin 102 for ana: Nova, the bridge?',
        'play 102',
      ],
      [[audible(102, 2_100), broken(102, 2_500, 'speak')]],
    ],
  },
  'near the cap no answer begins before its question ends': [
    [{ kind: 'settings', settings: { isSparing: true }, atMs: 0 }],
    [
      [
        began(1, 'ana', 100),
        paused(1, 600),
        words(1, 1, 'Nova, the bridge?', 700),
        { kind: 'likely-over', utterance: 1, evidence: clearVoice, atMs: 720 },
      ],
    ],
    [ended(1, 1_000), begunForBridge, 'play 101'],
  ],
};

export const presenceCases: ConversationCases = { ...people, ...notices, ...place };
