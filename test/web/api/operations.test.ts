import type { Public } from '#src/base/public.ts';
import type { TranscriptRequests } from '#src/features/captions/transcripts/transcript-requests.ts';
import type {
  PlayOutcome,
  PlayRequest,
} from '#src/features/tracks/track-request-outcomes.ts';
import type { TypedRequests } from '#src/features/typed/typed-requests.ts';
import { toOpenText } from '#src/people/confidential-text.ts';
import { endedSession } from '#test/commands/command-ports.ts';
import { guildId, makeProgramPorts, openApi, readRefusal } from './api-setup.ts';

const at = (path: string) => `/v1/servers/${guildId}/${path}`;

/** Requests to the bot, and its answer. */
function asking(answer: Awaited<ReturnType<Public<TypedRequests>['askQuestion']>>) {
  const asked: Parameters<Public<TypedRequests>['askQuestion']>[] = [];
  const port = makeProgramPorts({
    askQuestion: async (...all) => {
      asked.push(all);
      return answer;
    },
  });
  return { asked, port };
}

test.each([
  [{ kind: 'queued', position: 2, ended: endedSession }, {}, { ahead: 2 }],
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
    { ahead: 2, track: 'news' },
  ],
] as const)(
  'a text is read out in the name of the token, which pays for it, as it asks: %j',
  async (outcome, manner, answer) => {
    const said: unknown[] = [];
    const port = makeProgramPorts({
      sayText: async (...all) => {
        said.push(all);
        return outcome;
      },
    });
    await using api = await openApi(port);
    await api.add('bell');
    expect(
      await (
        await api.post('bell', at('say'), {
          text: ' Dinner is ready. ',
          voice: 'rms',
          ...manner,
        })
      ).json(),
    ).toEqual(answer);
    const payer = { id: 'token:bell', name: 'bell', isProgram: true };
    const owner = 'track' in manner ? { owner: payer } : {};
    expect(said).toEqual([
      [
        guildId,
        'Dinner is ready.',
        'queue',
        { voice: 'rms', payer, ...owner, ...manner },
      ],
    ]);
  },
);

const refused = <Id extends 'say.empty' | 'muted.server' | 'captions.only'>(id: Id) =>
  ({ kind: 'refused', line: { id } }) as const;

test.each([
  [{ kind: 'nowhere' }, 409, 'bot.nowhere', /in no voice channel/],
  [{ kind: 'full', limit: 8 }, 429, 'queue.full', /\(8\)/],
  [refused('say.empty'), 422, 'text.unspeakable', /nothing I can say/],
  [refused('muted.server'), 409, 'bot.muted', /Unmute me/],
  [refused('captions.only'), 409, 'bot.captions_only', /./],
  [
    { kind: 'refused', line: { id: 'budget.user', with: { h: 5 } } },
    429,
    'budget.token',
    /used its budget of today: try again in 5 h/,
  ],
] as const)(
  'what cannot be said is refused in a sentence: %j',
  async (outcome, status, code, sentence) => {
    await using api = await openApi(makeProgramPorts({ sayText: async () => outcome }));
    await api.add('bell');
    const answer = await readRefusal(await api.post('bell', at('say'), { text: 'Hi' }));
    expect(answer).toEqual([status, code, expect.stringMatching(sentence)]);
  },
);

test.each([
  ['{"text":', 400, 'json.broken', 'The body is no JSON.'],
  ['[]', 400, 'request.invalid', /^The request: .*object/],
  ['{"text":""}', 400, 'request.invalid', /^text: /],
  [`{"text":"${'a'.repeat(1_001)}"}`, 400, 'request.invalid', /^text: .*1000/],
  ['{"text":"Hi","loud":true}', 400, 'request.invalid', /loud/],
] as const)(
  'a body that is none is refused with its first mistake: %s',
  async (body, status, code, sentence) => {
    await using api = await openApi();
    await api.add('bell');
    const response = await api.ask('bell', at('say'), { method: 'POST', body });
    expect(await readRefusal(response)).toEqual([
      status,
      code,
      expect.stringMatching(sentence),
    ]);
  },
);

test('a question is asked in words, in the name of the token', async () => {
  const { asked, port } = asking({ kind: 'answered', text: toOpenText('Five.') });
  await using api = await openApi(port);
  await api.add('bell');
  const response = await api.post('bell', at('ask'), {
    question: 'How many?',
    answer: 'voice',
  });
  expect(await response.json()).toEqual({ text: 'Five.' });
  expect(asked.map(([, ...rest]) => rest.slice(0, 3))).toEqual([
    ['How many?', { id: 'token:bell', name: 'bell', isProgram: true }, 'voice'],
  ]);
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
  async (outcome, ...all) => {
    await using api = await openApi(asking(outcome).port);
    await api.add('bell');
    const [status, code, message] = await readRefusal(
      await api.post('bell', at('ask'), { question: 'How many?' }),
    );
    expect([status, code]).toEqual(all);
    expect(message).toMatch(/[a-z].*[.)]$/);
  },
);

test.each([
  [{ question: '?!' }, 'question.empty'],
  [{}, 'request.invalid'],
  [{ question: 'x', answer: 'telegram' }, 'request.invalid'],
])('%j is no question', async (body, code) => {
  await using api = await openApi();
  await api.add('bell');
  expect(
    (await readRefusal(await api.post('bell', at('ask'), body))).slice(0, 2),
  ).toEqual([400, code]);
});

/** Requests to play, and their outcome. */
function playing(outcome: PlayOutcome) {
  const requests: PlayRequest[] = [];
  const port = makeProgramPorts({
    playSound: async (_guildId, _caller, request) => {
      requests.push(request);
      return [outcome];
    },
  });
  return { requests, port };
}

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
    await using api = await openApi(playing(outcome).port);
    await api.add('bell');
    const response = await api.post('bell', at('tracks'), { sound: 'rian' });
    expect((await readRefusal(response)).slice(0, 2)).toEqual([status, code]);
  },
);

const session = {
  id: 'f81d4fae-7dec-41d0-a765-00a0c91e6bf6',
  guildId,
  channelId: '100',
  channelName: 'Lounge',
  placeId: '100',
  startedAtWallMs: Date.UTC(2026, 10, 20, 18),
  lineCount: 3,
};

test('transcripts are listed, and read in the format that is asked for', async () => {
  const requests: unknown[] = [];
  const file = { name: 'transcript.txt', text: 'Ana: goodbye' };
  const transcripts: Pick<TranscriptRequests, 'listSessions' | 'createFile'> = {
    listSessions: async () => [session],
    createFile: async (_guildId, channelIds, request) => {
      requests.push([channelIds, request]);
      return { kind: 'file', session, file };
    },
  };
  const port = makeProgramPorts({ more: { transcripts } });
  await using api = await openApi(port);
  await api.add('bell', { channelIds: ['100'] });
  expect(await (await api.ask('bell', at('transcripts'))).json()).toEqual({
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
  const read = await api.ask('bell', at(`transcripts/${session.id}?format=txt`));
  expect(read.headers.get('content-type')).toBe('text/plain; charset=utf-8');
  expect(await read.text()).toBe('Ana: goodbye');
  await api.ask('bell', at('transcripts/last'));
  expect(requests).toEqual([
    [['100'], { format: 'txt', sessionId: session.id }],
    [['100'], { format: 'json' }],
  ]);
});

test('a transcript of a channel that the token does not name is as one that is not there', async () => {
  await using api = await openApi();
  await api.add('bell');
  expect(
    (await readRefusal(await api.ask('bell', at('transcripts/last')))).slice(0, 2),
  ).toEqual([404, 'transcript.none']);
  expect(await (await api.ask('bell', at('transcripts'))).json()).toEqual({
    sessions: [],
  });
});
