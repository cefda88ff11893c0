import { BotError } from '#src/base/errors.ts';
import { toChannelId } from '#src/base/ids.ts';
import type { TranscriptRequests } from '#src/features/captions/transcripts/transcript-requests.ts';
import type { PlayOutcome } from '#src/features/tracks/track-request-outcomes.ts';
import { Owned, toOpenText } from '#src/people/owned.ts';
import { endedSession, type PortOverrides } from '#test/commands/command-ports.ts';
import { expectRefusal, guildId, makeProgramPorts, openApi } from './api-setup.ts';

const toServerPath = (path: string) => `/v1/servers/${guildId}/${path}`;

/** The API with the token `bell`, over a bot that does what it is told, but for what is given. */
async function openBell(overrides: PortOverrides = {}) {
  const api = await openApi(makeProgramPorts(overrides));
  await api.add('bell', { channelIds: [toChannelId('100')] });
  return {
    ...api,
    get: (path: string) => api.ask('bell', toServerPath(path)),
    post: (path: string, body: object) => api.post('bell', toServerPath(path), body),
  };
}

const payer = { id: 'token:bell', name: 'bell', isProgram: true };

test.each([
  [{ kind: 'queued', position: 2, ended: endedSession }, {}, {}, { ahead: 2 }],
  [
    {
      kind: 'placed',
      playing: {
        kind: 'added',
        title: '“Hi”',
        track: 'news',
        place: 2,
        ended: endedSession,
      },
    },
    { track: 'news', speed: 1.5 },
    { owner: payer },
    { ahead: 2, track: 'news' },
  ],
] as const)(
  'a text is read out in the name of the token, which pays for it, as it asks: %j',
  async (outcome, manner, owner, answer) => {
    const sayText = vi.fn(async () => outcome);
    await using api = await openBell({ sayText });
    const text = ' Dinner is ready. ';
    const response = await api.post('say', { text, voice: 'rms', ...manner });
    expect(await response.json()).toEqual(answer);
    const how = { voice: 'rms', payer, ...owner, ...manner };
    expect(sayText.mock.calls).toEqual([[guildId, 'Dinner is ready.', 'queue', how]]);
  },
);

const makeRefusal = <Id extends 'say.empty' | 'muted.server' | 'captions.only'>(
  id: Id,
) => ({ kind: 'refused', line: { id } }) as const;

test.each([
  [{ kind: 'nowhere' }, 409, 'bot.nowhere', /in no voice channel/],
  [{ kind: 'full', limit: 8 }, 429, 'queue.full', /\(8\)/],
  [makeRefusal('say.empty'), 422, 'text.unspeakable', /nothing I can say/],
  [makeRefusal('muted.server'), 409, 'bot.muted', /I am muted/],
  [makeRefusal('captions.only'), 409, 'bot.captions_only', /./],
  [
    { kind: 'refused', line: { id: 'budget.user', with: { h: 5 } } },
    429,
    'budget.token',
    /used its budget of today: try again in 5 h/,
  ],
] as const)(
  'what cannot be said is refused in a sentence: %j',
  async (outcome, status, code, sentence) => {
    await using api = await openBell({ sayText: async () => outcome });
    await expectRefusal(api.post('say', { text: 'Hi' }), status, code, sentence);
  },
);

test.each([
  ['say', '{"text":', 'json.broken', 'The body is no JSON.'],
  ['say', '[]', 'request.invalid', /^The request: .*object/],
  ['say', '{"text":""}', 'request.invalid', /^text: /],
  ['say', `{"text":"${'a'.repeat(1_001)}"}`, 'request.invalid', /^text: .*1000/],
  ['say', '{"text":"Hi","loud":true}', 'request.invalid', /loud/],
  ['ask', '{"question":"?!"}', 'question.empty', /./],
  ['ask', '{}', 'request.invalid', /^question: /],
  ['ask', '{"question":"x","answer":"telegram"}', 'request.invalid', /^answer: /],
])(
  'for %s a body that is none is refused with its first mistake: %s',
  async (path, body, code, sentence) => {
    await using api = await openBell();
    const asking = api.ask('bell', toServerPath(path), { method: 'POST', body });
    await expectRefusal(asking, 400, code, sentence);
  },
);

test('a question is asked in words, in the name of the token', async () => {
  const outcome = { kind: 'answered', text: toOpenText('Five.') } as const;
  const askQuestion = vi.fn(async () => outcome);
  await using api = await openBell({ askQuestion });
  const response = await api.post('ask', { question: 'How many?', answer: 'voice' });
  expect(await response.json()).toEqual({ text: 'Five.' });
  const requests = [guildId, 'How many?', payer, 'voice'];
  expect(askQuestion.mock.calls).toEqual([expect.objectContaining(requests)]);
});

test.each([
  [{ kind: 'nowhere' }, 409, 'bot.nowhere'],
  [{ kind: 'failed', line: { id: 'ask.late' } }, 504, 'answer.late'],
  [{ kind: 'failed', line: { id: 'ask.dropped' } }, 429, 'answer.busy'],
  [{ kind: 'failed', line: { id: 'budget.rest.person' } }, 429, 'budget.token'],
  [{ kind: 'failed', line: { id: 'fail.llm' } }, 502, 'provider.failed'],
  [
    { kind: 'failed', line: { id: 'budget.guild', with: { time: '0' } } },
    429,
    'budget.server',
  ],
] as const)(
  'a question without an answer is refused in a sentence: %j',
  async (outcome, status, code) => {
    await using api = await openBell({ askQuestion: async () => outcome });
    const asking = api.post('ask', { question: 'How many?' });
    await expectRefusal(asking, status, code, /[a-z].*[.)]$/);
  },
);

test('a text in a language that no voice speaks is refused with the language and the way out', async () => {
  const about = { language: 'de' };
  const error = new BotError(
    'speech.no_voice',
    false,
    'No.',
    undefined,
    'speak',
    about,
  );
  await using api = await openBell({ askQuestion: () => Promise.reject(error) });
  const asking = api.post('ask', { question: 'Wie viele?' });
  await expectRefusal(asking, 422, 'speech.no_voice', /German.*npm run setup/);
});

test.each<[PlayOutcome, number, string]>([
  [{ kind: 'no-sound', name: 'rian', names: ['rain'] }, 404, 'sound.unknown'],
  [{ kind: 'bad', reason: { id: 'track.bad.not_audio' } }, 422, 'track.bad'],
  [{ kind: 'full', limit: 100 }, 429, 'track.full'],
  [{ kind: 'bad-name' }, 400, 'track.name'],
  [{ kind: 'muted' }, 409, 'bot.muted'],
  [{ kind: 'nowhere' }, 409, 'bot.nowhere'],
])(
  'a sound that is not played is refused in a sentence: %j',
  async (outcome, status, code) => {
    await using api = await openBell({ playSound: async () => [outcome] });
    await expectRefusal(api.post('tracks', { sound: 'rian' }), status, code);
  },
);

const session = {
  id: 'f81d4fae-7dec-41d0-a765-00a0c91e6bf6',
  guildId,
  channelId: toChannelId('100'),
  channelName: 'Lounge',
  placeId: toChannelId('100'),
  startedAtWallMs: Date.UTC(2026, 10, 20, 18),
  lineCount: 3,
};

test('transcripts are listed, and read in the format that is asked for', async () => {
  const requests: unknown[] = [];
  const file = { name: 'transcript.txt', text: 'Ana: goodbye' };
  const owner = { channelId: session.channelId };
  const transcripts: Pick<TranscriptRequests, 'listSessions' | 'createFile'> = {
    listSessions: async () => [new Owned(session, owner)],
    createFile: async (_guildId, channelIds, request) => {
      requests.push([channelIds, request]);
      return { kind: 'file', transcript: new Owned({ session, file }, owner) };
    },
  };
  await using api = await openBell({ more: { transcripts } });
  expect(await (await api.get('transcripts')).json()).toEqual({
    sessions: [
      {
        id: session.id,
        channelId: '100',
        channelName: 'Lounge',
        startedAt: '2026-11-20T18:00:00.000Z',
        lines: 3,
      },
    ],
  });
  const read = await api.get(`transcripts/${session.id}?format=txt`);
  expect(read.headers.get('content-type')).toBe('text/plain; charset=utf-8');
  expect(await read.text()).toBe('Ana: goodbye');
  await api.get('transcripts/last');
  expect(requests).toEqual([
    [['100'], { format: 'txt', sessionId: session.id }],
    [['100'], { format: 'json' }],
  ]);
});

test('a transcript of a channel that the token does not name is as one that is not there', async () => {
  await using api = await openBell();
  await expectRefusal(api.get('transcripts/last'), 404, 'transcript.none');
  expect(await (await api.get('transcripts')).json()).toEqual({ sessions: [] });
});
