import type { EngineNews } from '#src/app/engines/engine-news.ts';
import { openEngines, openPipelines } from '#src/app/engines/open-engines.ts';
import { readGoodSettings } from '#test/config/read-settings.ts';
import {
  FakeHost,
  joinTexts,
  makeTurn,
  toUtterance,
} from './contracts/pipeline-contract.ts';
import { openMockProviders } from './fakes/providers/mock-providers.ts';

const nowhere = 'http://127.0.0.1:9/v1';

/** Pipelines that a bot with these settings can switch between. */
async function listOffered(environment: Readonly<Record<string, string>> = {}) {
  const servers = { TRANSCRIPTION_BASE_URL: nowhere, SPEECH_BASE_URL: nowhere };
  const config = readGoodSettings({ ...servers, ...environment });
  await using engines = await openEngines(config, () => undefined);
  return openPipelines(config.engines, engines, engines.chat('Nova'));
}

test('a chat server offers an audio-model once its name is known', async () => {
  const chat = { CHAT_COMPLETION_BASE_URL: nowhere, CHAT_COMPLETION_MODEL: 'writes' };
  expect((await listOffered(chat)).names).toEqual(['chained']);
  const both = await listOffered({ ...chat, AUDIO_MODEL_NAME: 'hears' });
  expect(both.names).toEqual(['chained', 'audio-model']);
  expect(both.names.map((name) => both.getEngineNames(name))).toEqual([
    'writes',
    'hears',
  ]);
});

test('the chat model answers in the place of a Realtime server that is away', async () => {
  await using mock = await openMockProviders({
    replies: [{ match: /^/, text: 'It is four.' }],
  });
  const { baseUrl } = mock;
  const config = readGoodSettings({
    TRANSCRIPTION_BASE_URL: baseUrl,
    CHAT_COMPLETION_BASE_URL: baseUrl,
    SPEECH_BASE_URL: baseUrl,
    REALTIME_BASE_URL: 'ws://127.0.0.1:9/v1',
    PIPELINE: 'realtime',
  });
  const news: EngineNews[] = [];
  await using engines = await openEngines(config, (engineNews) =>
    news.push(engineNews),
  );
  const pipeline = openPipelines(config.engines, engines, engines.chat('Nova')).open(
    'realtime',
  );
  const turn = makeTurn(toUtterance('What time is it?'));
  const replyParts = await Array.fromAsync(
    pipeline.answer(turn, new FakeHost(), AbortSignal.timeout(50_000)),
  );
  expect(joinTexts(replyParts)).toBe('It is four.');
  expect(replyParts.some(({ kind }) => kind === 'audio')).toBe(true);
  const to = new URL(baseUrl).host;
  expect(news).toContainEqual({
    kind: 'fallback-on',
    role: 'chat',
    from: '127.0.0.1:9',
    to,
  });
});
