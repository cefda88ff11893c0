import { BotError } from '#src/base/errors.ts';
import { noGuild } from '#src/base/ids.ts';
import { speechHttp } from '#src/engines/speech-http.ts';
import { ApiClient, type Fetch, openClient } from '#src/provider/api-client.ts';
import { describeServer } from '#src/provider/models/standard-models.ts';
import {
  type SpokenUsage,
  withStandardVoice,
  withVoiceMeter,
} from '#src/speech/fallbacks/speech-chains.ts';
import { LocalModels } from '#src/speech/local/local-models.ts';
import {
  OpenAiSynthesizer,
  ServerVoices,
} from '#src/speech/openai/openai-synthesizer.ts';
import { createPronouncer } from '#src/speech/pronunciation.ts';
import {
  createFixedVoiceNames,
  type EngineUsage,
  findVoice,
  type ServerUsage,
  type Synthesizer,
} from '#src/speech/speech-engine.ts';
import { collectSound } from '#test/contracts/synthesizer-contract.ts';
import { FakeSynthesizer } from '#test/fakes/fake-speech.ts';
import { openListeningServer } from '#test/fakes/servers/listening-server.ts';
import { VirtualClock } from '#test/fakes/virtual-clock.ts';
import { findSuperlinear, repeatUnit } from '#test/regexps/measure-growth.ts';

const untold = createFixedVoiceNames([]);
const makeRefusal = (status: number) =>
  new BotError('provider.refused', false, 'It refused.', undefined, undefined, {
    status,
  });

/** A server that answers each request for its voices in turn, the last one again and again. */
function listInTurn(answers: readonly (unknown | Error | 'hangs')[]) {
  const clock = new VirtualClock();
  let askedCount = 0;
  const sendListing: Fetch = async (_, { signal } = {}) => {
    const answer = answers[Math.min(askedCount++, answers.length - 1)];
    if (answer instanceof Error) throw answer;
    if (answer === 'hangs') {
      return await new Promise((_, reject) => {
        signal?.addEventListener('abort', () => reject(signal.reason));
      });
    }
    return typeof answer === 'object'
      ? Response.json(answer)
      : new Response(answer as string);
  };
  const client = new ApiClient({ baseUrl: 'http://a.example/v1' }, sendListing);
  return {
    clock,
    voices: new ServerVoices(client, clock),
    countAsked: () => askedCount,
  };
}

/** A voice of the names `gone` is refused; who was told of which. */
function voiceWithout(gone: readonly string[], error: unknown = makeRefusal(400)) {
  const clock = new VirtualClock();
  const [reported, asked]: [string[], (string | undefined)[]] = [[], []];
  const inner = new FakeSynthesizer();
  const engine = {
    async *synthesize(
      ...[text, voice, signal]: Parameters<FakeSynthesizer['synthesize']>
    ) {
      asked.push(voice.name);
      if (gone.includes(voice.name ?? 'standard')) throw error;
      yield* inner.synthesize(text, voice, signal);
    },
  };
  const onGone = (name: string) => void reported.push(name);
  return { clock, engine, reported, asked, voice: { name: 'marin', onGone } };
}

test.each([
  [{ voices: ['af_heart', 'af_sky', 'af_sky'] }, ['af_heart', 'af_sky']],
  [{ data: [{ id: 'a' }, { voice_id: 'b' }, { name: 'c' }] }, ['a', 'b', 'c']],
  [{ voices: ['ok', '', ' ', 'a\nb', 'x'.repeat(101), 7, null, {}] }, ['ok']],
  [
    ['af_heart', { name: 'af_sky' }],
    ['af_heart', 'af_sky'],
  ],
  [{ voices: { af_heart: {}, af_sky: { lang: 'en' } } }, ['af_heart', 'af_sky']],
  [
    { voices: { en: ['af_heart'], fr: [{ id: 'ff_siwis' }] } },
    ['af_heart', 'ff_siwis'],
  ],
  [{ voices: 'many' }, []],
  [{ error: 'no' }, []],
  ['<html>', []],
  [undefined, []],
])('of what a server says of its voices, %j, are known: %j', async (answer, names) => {
  const { voices } = listInTurn([answer]);
  expect(await voices.loadNames()).toEqual(names);
  expect(voices.getKnown()).toEqual(names);
});

test.each([
  ['AF_Heart', ['af_heart'], 'af_heart'],
  ['af_heart(2)+af_sky(1)', ['af_heart', 'af_sky'], 'af_heart(2)+af_sky(1)'],
  ['af_heart+bm_lewis', ['af_heart', 'af_sky'], undefined],
  ['marin', ['cedar'], undefined],
  [' marin ', [], 'marin'],
  ['{"a":1}', [], undefined],
])('%j typed where there are %j means %j', (typed, known, voice) =>
  expect(findVoice(typed, known)).toBe(voice),
);

test.each([
  makeRefusal(400),
  makeRefusal(404),
  makeRefusal(422),
  new BotError('provider.empty', true, 'No sound.'),
])(
  'a voice that the server refuses (%s) gives way to the standard one, which is told',
  async (e) => {
    const { asked, engine, reported, voice } = voiceWithout(['marin'], e);
    const sound = await collectSound(
      withStandardVoice(engine, untold),
      'Hello.',
      voice,
    );
    expect(sound.samples.length).toBeGreaterThan(0);
    expect([asked, reported]).toEqual([['marin', undefined], ['marin']]);
  },
);

test('a model that the server refuses gives way to the usual one, which the bill names', async () => {
  await using server = await openBodies(({ model }) =>
    model === 'kokoro' ? 200 : 404,
  );
  const bills: SpokenUsage[] = [];
  const spoken = withVoiceMeter(withStandardVoice(server.engine, untold), {
    guildId: noGuild,
    recordSpeech: (usage) => void bills.push(usage),
  });
  const sound = await collectSound(spoken, 'Hello.', {
    model: 'kokoro-hd',
    name: 'marin',
  });
  expect(sound.samples.length).toBeGreaterThan(0);
  expect(server.bodies.map(({ model, voice }) => [model, voice])).toEqual([
    ['kokoro-hd', 'marin'],
    ['kokoro', 'marin'],
  ]);
  expect(bills).toMatchObject([{ usage: { by: { model: 'kokoro' } } }]);
});

type SpeechBody = { readonly model: string; readonly voice: string };

/** An engine of two models over a server that answers with this status, and the bodies it was sent. */
async function openBodies(statusOf: (body: SpeechBody) => number = () => 200) {
  const bodies: SpeechBody[] = [];
  const served = await openListeningServer(async (request, response) => {
    const body = JSON.parse(Buffer.concat(await Array.fromAsync(request)).toString());
    bodies.push(body);
    const status = statusOf(body);
    const isFine = status === 200;
    response.writeHead(status, {
      'content-type': isFine ? 'audio/pcm' : 'application/json',
    });
    response.end(
      isFine ? Buffer.alloc(4_800, 1) : '{"error":{"message":"no such model"}}',
    );
  });
  const models = ['kokoro', 'kokoro-hd'];
  const client = openClient({ baseUrl: `${served.origin}/v1` });
  return {
    engine: new OpenAiSynthesizer(client, {
      model: 'kokoro',
      models,
      voice: 'v',
      format: 'pcm',
    }),
    bodies,
    ...served,
  };
}

test.each([
  ['takes it', false, [true, true]],
  ['refuses it', true, [true, undefined, undefined]],
])(
  'sound is asked for as a stream, of a server that %s',
  async (_, refuses, expected) => {
    const requests: unknown[] = [];
    using server = await openListeningServer(async (request, response) => {
      const { stream } = JSON.parse(
        Buffer.concat(await Array.fromAsync<Buffer>(request)).toString(),
      );
      requests.push(stream);
      if (refuses && stream)
        response.writeHead(422, { 'content-type': 'application/json' });
      response.end(
        refuses && stream
          ? '{"detail":[{"type":"extra_forbidden"}]}'
          : Buffer.alloc(4_800),
      );
    });
    const voice = new OpenAiSynthesizer(
      openClient({ baseUrl: `${server.origin}/v1` }),
      {
        model: 'tts',
        voice: () => 'af_sky',
        format: 'pcm',
      },
    );
    for (let n = 0; n < 2; n++) await collectSound(voice, 'Hello.');
    expect(requests).toEqual(expected);
  },
);

test('without SPEECH_VOICE one of the listed voices speaks, where the standard one is not among them', async () => {
  const requests: unknown[] = [];
  using server = await openListeningServer(async (request, response) => {
    if (request.method === 'GET') {
      response.writeHead(200, { 'content-type': 'application/json' });
      return void response.end('{"voices":["af_heart","af_sky"]}');
    }
    const { voice } = JSON.parse(
      Buffer.concat(await Array.fromAsync<Buffer>(request)).toString(),
    );
    requests.push(voice);
    response.end(Buffer.alloc(4_800));
  });
  const settings = {
    baseUrl: `${server.origin}/v1`,
    model: 'kokoro',
    models: [],
    own: {},
  };
  const opened = await speechHttp.open(settings, new LocalModels());
  await opened.voices?.loadNames();
  await collectSound(opened, 'Hello.');
  expect(requests).toEqual(['af_heart']);
});

const never = new AbortController().signal;
const servedBy = describeServer('speaks', 'http://127.0.0.1:1');
const pcm = { samples: new Int16Array(2_400), rateHz: 24_000, channels: 1 } as const;
const makeUsage = (inputTokens: number, audioOutputTokens: number): ServerUsage => {
  return {
    kind: 'tokens',
    inputTokens,
    outputTokens: audioOutputTokens,
    audioOutputTokens,
  };
};

/** Tells these things, each with 100 ms of sound after it. */
function openSynthesizer(...reported: readonly EngineUsage[]): Synthesizer {
  return {
    async *synthesize(_text, { onUsage }) {
      for (const usage of reported) {
        onUsage?.(usage);
        yield pcm;
      }
    },
  };
}

async function spokenBy(
  voice: Synthesizer,
  pieces = 9,
): Promise<readonly SpokenUsage[]> {
  const spoken: SpokenUsage[] = [];
  let left = pieces;
  const metered = withVoiceMeter(voice, {
    guildId: noGuild,
    recordSpeech: (usage) => void spoken.push(usage),
  });
  for await (const _ of metered.synthesize('Four.', {}, never)) if (--left === 0) break;
  return spoken;
}

test('of a text in several requests all that was counted is told at once', async () => {
  const usage = [{ by: servedBy }, { by: servedBy, count: makeUsage(3, 20) }];
  expect(await spokenBy(openSynthesizer(...usage, ...usage))).toEqual([
    { characters: 5, ms: 400, usage: { by: servedBy, count: makeUsage(6, 40) } },
  ]);
});

test('a text that was cut short is estimated, whatever was counted, and it is known who spoke', async () => {
  const usage = [{ by: servedBy }, { by: servedBy, count: makeUsage(3, 20) }];
  expect(await spokenBy(openSynthesizer(...usage), 2)).toEqual([
    { characters: 5, ms: 200, usage: { by: servedBy } },
  ]);
});

test('where one of several requests was not counted, all are estimated', async () => {
  const usage = [
    { by: servedBy },
    { by: servedBy, count: makeUsage(3, 20) },
    { by: servedBy },
  ];
  expect(await spokenBy(openSynthesizer(...usage))).toMatchObject([
    { usage: { by: servedBy } },
  ]);
  expect((await spokenBy(openSynthesizer(...usage)))[0]?.usage?.count).toBeUndefined();
});

const said = [
  { word: 'Ana', say: 'Ah-na' },
  { word: 'Kubernetes', say: 'koo-ber-net-ees' },
  { word: 'New Relic', say: 'new rellick' },
  { word: 'New', say: 'gnu' },
  { word: 'C++', say: 'see plus plus' },
  { word: "O'Brien", say: 'oh bryan' },
  { word: 'Łódź', say: 'woodge' },
  { word: '京都', say: 'きょうと' },
];
const pronounce = createPronouncer(said) ?? expect.fail();

test.each([
  ['Ana runs Kubernetes.', 'Ah-na runs koo-ber-net-ees.'],
  ['ANA, ana and Ana’s KUBERNETES', 'Ah-na, Ah-na and Ah-na’s koo-ber-net-ees'],
  ['Banana, Anabel, Ana_b and Ana2', 'Banana, Anabel, Ana_b and Ana2'],
  ['A new thing in New Relic: New', 'A gnu thing in new rellick: gnu'],
  ['C++ and C, O’Brien', 'see plus plus and C, oh bryan'],
  ['Łódź or lo\u0301dz', 'woodge or lo\u0301dz'],
  ['京都に行く。東京都です。', 'きょうとに行く。東京都です。'],
  ['', ''],
])('%j is said as %j', (text, spoken) => expect(pronounce(text)).toBe(spoken));

test.each(['Ana ', 'A', '京都', 'New ', '+', "'", 'ก', 'x y '])(
  '200 words are found in a text of %j in linear time',
  (unit) => {
    const many = Array.from({ length: 200 }, (_, n) => ({
      word: `${unit.repeat(8).slice(0, 30)} ${n}`,
      say: 'something else',
    }));
    const read = createPronouncer(many) ?? expect.fail();
    expect(findSuperlinear(read, repeatUnit(unit, ''))).toBeUndefined();
  },
);
