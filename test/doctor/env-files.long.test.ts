import {
  answerAzure,
  azureKey,
  type EnvServer,
  geminiKey,
  groq,
  groqKey,
  guardByPassword,
  kokoroFastApi,
  liteLlm,
  lmStudio,
  ollama,
  openGemini,
  openPlainEars,
  openWebUi,
  proxyKey,
  said,
  speaches,
  together,
  togetherKey,
  whisperCpp,
} from '#test/fakes/env-servers.ts';
import { openExaminedServer, runExamination } from './run-examination.ts';

type Servers = Readonly<Record<string, EnvServer>>;
/** Lines of `.env`, in which `{name}` is the origin of a server. */
type EnvFile = Readonly<Record<string, string>>;

/** Runs the doctor over an `.env` with these servers. */
async function examineEnvFile(file: EnvFile, servers: Servers) {
  using stack = new DisposableStack();
  let text = JSON.stringify(file);
  const origins: Record<string, string> = {};
  for (const [name, server] of Object.entries(servers)) {
    const { origin } = stack.use(await openExaminedServer({}, server));
    origins[name] = origin;
    text = text
      .replaceAll(`{${name}}`, origin)
      .replaceAll(`{${name}:host}`, origin.replace('http://', ''));
  }
  const examined = await runExamination([], JSON.parse(text), 20_000);
  return { ...examined, origins };
}

/** The voice that the tests of one other role stand beside: it speaks the words to recognise. */
const voice = { SPEECH_BASE_URL: '{kokoro}/v1' };
const ears = {
  TRANSCRIPTION_BASE_URL: '{speaches}/v1',
  TRANSCRIPTION_MODEL: 'Systran/faster-whisper-small',
};
const beside = { kokoro: kokoroFastApi, speaches };

test('Ollama, Kokoro-FastAPI and whisper.cpp: ears lack the flag of its path, all else works', async () => {
  const { about, code, mendOf } = await examineEnvFile(
    {
      CHAT_COMPLETION_BASE_URL: '{ollama}/v1',
      CHAT_COMPLETION_MODEL: 'qwen3:8b',
      SPEECH_BASE_URL: '{kokoro}/v1',
      TRANSCRIPTION_BASE_URL: '{whisper}/v1',
    },
    { ollama, kokoro: kokoroFastApi, whisper: whisperCpp },
  );
  expect(about('think')).toMatch(/^ok/);
  expect(about('tools')).toBe('ok tools qwen3:8b: the model called the tool');
  expect(about('conversation')).toMatch(/^ok/);
  expect(about('speak')).toMatch(/^ok/);
  expect(about('recognise')).toMatch(
    /^missing .*whisper\.cpp's server recognises at \/inference alone/,
  );
  expect(mendOf('recognise')).toBe(
    'start it with --inference-path /v1/audio/transcriptions',
  );
  expect(code).toBe(1);
});

const version = '?api-version=2025-04-01-preview';
const azureFile = {
  CHAT_COMPLETION_BASE_URL: `{azure}/openai/deployments/mind${version}`,
  CHAT_COMPLETION_API_KEY: azureKey,
  TRANSCRIPTION_BASE_URL: `{azure}/openai/deployments/ears${version}`,
  TRANSCRIPTION_API_KEY: azureKey,
  SPEECH_BASE_URL: `{azure}/openai/deployments/voice${version}`,
  SPEECH_API_KEY: azureKey,
};

test('Azure by deployment works, and the header of its key is told for each role', async () => {
  const { code, text } = await examineEnvFile(azureFile, { azure: answerAzure });
  expect(
    text.match(/differs {2}answers .* takes its key in the header api-key/g),
  ).toHaveLength(3);
  expect(text).not.toContain('missing');
  expect(code).toBe(0);
});

test.each([
  [
    'mind',
    'think',
    'differs address .* its API is at',
    `/mind${version}`,
    `/mind/chat/completions${version}`,
  ],
  [
    'mind',
    'think',
    'without a version of the API',
    '/mind?api-version=2024-10-21',
    '/mind',
  ],
])(
  'Azure with a wrong address of %s is mended by its line',
  async (_, subject, reason, right, input) => {
    const file = {
      ...azureFile,
      CHAT_COMPLETION_BASE_URL: `{azure}/openai/deployments${input}`,
    };
    const { about, mendOf, origins } = await examineEnvFile(file, {
      azure: answerAzure,
    });
    const told = [about('address'), about(subject)].find((line) =>
      new RegExp(reason).test(line ?? ''),
    );
    expect(told).toBeDefined();
    const line = `set CHAT_COMPLETION_BASE_URL=${origins.azure}/openai/deployments${right}`;
    expect([mendOf('address'), mendOf(subject)]).toContain(line);
  },
);

test('a deployment that Azure does not have is told in its words', async () => {
  const file = {
    ...azureFile,
    CHAT_COMPLETION_BASE_URL: `{azure}/openai/deployments/gone${version}`,
  };
  const { about } = await examineEnvFile(file, { azure: answerAzure });
  expect(about('think')).toMatch(
    /^missing .*The API deployment for this resource does not exist/,
  );
});

const vendors: readonly (readonly [string, EnvServer, EnvFile, EnvFile])[] = [
  [
    'LiteLLM',
    liteLlm,
    {
      OPENAI_BASE_URL: '{vendor}/v1',
      OPENAI_API_KEY: proxyKey,
      CHAT_COMPLETION_MODEL: 'gpt-4o-mini',
    },
    { TRANSCRIPTION_MODEL: 'whisper-1', SPEECH_MODEL: 'tts-1' },
  ],
  [
    'Groq',
    groq,
    {
      OPENAI_BASE_URL: '{vendor}/openai/v1',
      OPENAI_API_KEY: groqKey,
      CHAT_COMPLETION_MODEL: 'llama-3.3-70b-versatile',
    },
    {
      TRANSCRIPTION_MODEL: 'whisper-large-v3-turbo',
      SPEECH_MODEL: 'canopylabs/orpheus-v1-english',
    },
  ],
  [
    'Together',
    together,
    {
      OPENAI_BASE_URL: '{vendor}/v1',
      OPENAI_API_KEY: togetherKey,
      CHAT_COMPLETION_MODEL: 'meta-llama/Llama-3.3-70B-Instruct-Turbo',
    },
    {
      TRANSCRIPTION_MODEL: 'openai/whisper-large-v3',
      SPEECH_MODEL: 'hexgrad/Kokoro-82M',
    },
  ],
];

test.each(vendors)(
  '%s for all three: models that it lacks are told with the lines that mend, and those lines mend',
  async (_, vendor, file, models) => {
    const first = await examineEnvFile(file, { vendor });
    expect(first.about('think')).toMatch(/^ok/);
    expect(first.mendOf('speak')).toBe(
      `set SPEECH_MODEL=${models.SPEECH_MODEL}, which it lists`,
    );
    expect(first.mendOf('recognise')).toBe(
      `set TRANSCRIPTION_MODEL=${models.TRANSCRIPTION_MODEL}, which it lists`,
    );
    expect(first.code).toBe(1);
    const second = await examineEnvFile(
      { ...file, ...models, SPEECH_FORMAT: 'wav' },
      { vendor },
    );
    expect(second.lines.filter((line) => line.includes('missing'))).toEqual([]);
    expect(second.about('recognise')).toMatch(/100 % of the spoken words/);
  },
);

test.each(vendors)('a wrong key of %s is told as that', async (_, vendor, file) => {
  const { about, mendOf } = await examineEnvFile(
    { ...file, OPENAI_API_KEY: 'sk-wrong-1234' },
    { vendor },
  );
  expect(about('think')).toMatch(/^missing .*(refused the key|no such key)/);
  expect(mendOf('think')).toMatch(/key/);
});

const gemini = {
  CHAT_COMPLETION_BASE_URL: '{gemini}/v1beta/openai',
  CHAT_COMPLETION_API_KEY: geminiKey,
  CHAT_COMPLETION_MODEL: 'gemini-3-flash',
  ...voice,
  ...ears,
};

test.each([
  [true, /^ok tools .*the model called the tool$/, undefined],
  [
    false,
    /^differs tools .*the model called the tool, but the request with its result failed: .*thought_signature/,
    'update that server, or choose another model: the bot runs the tool and cannot answer then',
  ],
])(
  'Gemini as chat, whose second round of tools works (%s), is told so',
  async (takesResults, told, mend) => {
    const servers = { ...beside, gemini: openGemini(takesResults) };
    const { about, mendOf } = await examineEnvFile(gemini, servers);
    expect(about('think')).toMatch(/^ok/);
    expect(about('tools')).toMatch(told);
    expect(mendOf('tools')).toBe(mend);
  },
);

const chat = { ...voice, ...ears };

test.each([
  ['Ollama, whole endpoint', ollama, '/v1/chat/completions', '/v1', 'qwen3:8b'],
  ['Ollama, its own API', ollama, '/api/chat', '/v1', 'qwen3:8b'],
  ['Ollama, without /v1', ollama, '/', '/v1', 'qwen3:8b'],
  ['Open WebUI, its host', openWebUi, '', '/api', 'llama3.2'],
  ['LM Studio, its own API', lmStudio, '/api/v1', '/v1', 'qwen3-8b'],
])(
  '%s: the base URL that answers is named with its line',
  async (_, server, input, right, model) => {
    const file = {
      ...chat,
      CHAT_COMPLETION_BASE_URL: `{chat}${input}`,
      CHAT_COMPLETION_MODEL: model,
    };
    const { lines, origins, about } = await examineEnvFile(file, {
      ...beside,
      chat: server,
    });
    const line = `mend: set CHAT_COMPLETION_BASE_URL=${origins.chat}${right}`;
    const isTold = lines.some((printed) => printed.trim() === line);
    expect([isTold, /^ok think/.test(about('think') ?? '')]).toContain(true);
    if (input !== '/') expect(isTold).toBe(true);
  },
);

test.each([
  ['ana:secret', /^ok/, undefined],
  [
    'ana:wrong',
    /^missing .*401/,
    'correct user and password in CHAT_COMPLETION_BASE_URL',
  ],
])('a server behind a password that gets %s', async (login, told, mend) => {
  const file = {
    ...chat,
    CHAT_COMPLETION_BASE_URL: `http://${login}@{chat:host}/v1`,
    CHAT_COMPLETION_MODEL: 'qwen3:8b',
  };
  const servers = { ...beside, chat: guardByPassword('ana:secret', ollama) };
  const { about, mendOf, text } = await examineEnvFile(file, servers);
  expect(about('think')).toMatch(told);
  expect(mendOf('think')).toBe(mend);
  expect(text).not.toMatch(/secret|wrong/);
});

test.each([
  [
    said,
    /bare text, which holds the spoken words$/,
    'set TRANSCRIPTION_PLAIN_TEXT=true',
  ],
  [
    'Internal Server Error',
    /bare text, which may be an error: Internal Server Error/,
    /^run the doctor|^correct/,
  ],
])(
  'ears that answer with the bare text "%s" are told as that',
  async (text, reason, mend) => {
    const { about, mendOf } = await examineEnvFile(
      { ...voice, TRANSCRIPTION_BASE_URL: '{ears}/v1' },
      { kokoro: kokoroFastApi, ears: openPlainEars(text) },
    );
    expect(about('recognise')).toMatch(/^missing/);
    expect(about('recognise')).toMatch(reason);
    expect(mendOf('recognise')).toMatch(mend);
  },
);

test('--provider tries the line that it advises, and prints it', async () => {
  using server = await openExaminedServer({}, openPlainEars(said));
  const { about, settings } = await runExamination([
    '--provider',
    `${server.origin}/v1`,
  ]);
  expect(about('recognise')).toMatch(/100 % of the spoken words/);
  expect(settings.TRANSCRIPTION_PLAIN_TEXT).toBe('true');
});

test('a role that a server does not have is told as that, and one whose model was not downloaded too', async () => {
  const { about, mendOf } = await examineEnvFile(
    {
      CHAT_COMPLETION_BASE_URL: '{ollama}/v1',
      CHAT_COMPLETION_MODEL: 'qwen3:8b',
      SPEECH_BASE_URL: '{ollama}/v1',
      SPEECH_MODEL: 'kokoro',
      TRANSCRIPTION_BASE_URL: '{speaches}/v1',
      TRANSCRIPTION_MODEL: 'Systran/faster-whisper-large-v3',
    },
    { ollama, speaches },
  );
  expect(about('speak')).toMatch(
    /^missing .*the server answers, but .* has no \/audio\/speech$/,
  );
  expect(mendOf('speak')).toBe(
    'set SPEECH_BASE_URL to a server that has /audio/speech',
  );
  expect(mendOf('recognise')).toBe(
    'set TRANSCRIPTION_MODEL=Systran/faster-whisper-small, which it lists',
  );
});
