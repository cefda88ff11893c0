import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BotError } from '#src/base/errors.ts';
import { toGuildId } from '#src/base/ids.ts';
import type { LocalModelState } from '#src/chat/local/local-model-state.ts';
import { createChatChain } from '#src/chat/metered-chat.ts';
import { readConfig } from '#src/config/config.ts';
import { getTariff } from '#src/config/tariffs.ts';
import type { EngineSettings } from '#src/engines/engine.ts';
import { openEngine } from '#src/engines/engines.ts';
import { readGoodSettings } from '#test/config/read-settings.ts';
import { collectSound } from '#test/contracts/synthesizer-contract.ts';
import {
  adam,
  joinLounge,
  passTime,
} from '#test/conversation/setup/session-fixture.ts';
import { type ChatStep, FakeChat } from '#test/fakes/fake-chat.ts';
import { makeChain } from '#test/fakes/fallback-chains.ts';
import { installEspeak } from '#test/fakes/optional-packages.ts';
import { VirtualClock } from '#test/fakes/virtual-clock.ts';

const never = new AbortController().signal;

/** Opens the chat model of a machine without one, whose file comes from a mirror that answers so. */
async function openFromMirror(
  answer: (
    sendPart: (bytes: number) => void,
    refuse: () => void,
    left: Promise<unknown>,
  ) => void,
  stack: AsyncDisposableStack,
  options: Pick<EngineSettings, 'hasFallback' | 'isTrial'> = {},
) {
  const server = createServer((_, response) =>
    answer(
      (bytes) => void response.write(Buffer.alloc(bytes)),
      () => response.writeHead(404).end(),
      once(response, 'close'),
    ),
  );
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  stack.defer(() => {
    server.closeAllConnections();
    server.close();
  });
  const dataDir = mkdtempSync(join(tmpdir(), 'parley-arriving-'));
  stack.defer(() => rmSync(dataDir, { recursive: true, force: true }));
  const { port } = server.address() as AddressInfo;
  const { chat } = readGoodSettings({
    CHAT_MODEL_FILE: 'qwen2.5-0.5b',
    LOCAL_MODEL_HOST: `http://127.0.0.1:${port}`,
    DATA_DIR: dataDir,
  }).engines;
  const told: LocalModelState[] = [];
  const ended = Promise.withResolvers<void>();
  const onModelState = (state: LocalModelState) => {
    told.push(state);
    if (state.kind === 'failed') ended.resolve();
  };
  const model = await openEngine('chat', chat, stack, { ...options, onModelState });
  return { model, told, ended: ended.promise };
}

async function askServer(
  { model }: Awaited<ReturnType<typeof openFromMirror>>,
  name: string,
  content: string,
) {
  let text = '';
  for await (const part of model.reply([{ role: 'user', name, content }], [], never))
    if (part.kind === 'text') text += part.text;
  return text;
}

test('while the chat model is fetched, the bot has started and the stand-in answers people', async () => {
  await using stack = new AsyncDisposableStack();
  const opened = await openFromMirror((sendPart) => sendPart(1_000), stack);
  expect(await askServer(opened, 'Ana', 'What is two plus two?')).toContain('4');
  expect(opened.model.getLocalState?.()).toMatchObject({
    kind: 'fetching',
    bytes: 491_400_032,
  });
  await expect(askServer(opened, '', 'Translate these lines.')).rejects.toMatchObject({
    code: 'provider.loading',
    message: expect.stringContaining('is being fetched: 0 %'),
  });
});

test('while the chat model is fetched, a fallback takes over where there is one', async () => {
  await using stack = new AsyncDisposableStack();
  const options = { hasFallback: true };
  const opened = await openFromMirror((sendPart) => sendPart(1_000), stack, options);
  await expect(askServer(opened, 'Ana', 'Hello')).rejects.toMatchObject({
    code: 'provider.loading',
    retryable: true,
  });
});

test('a chat model that cannot be fetched leaves one sentence, and the stand-in goes on', async () => {
  await using stack = new AsyncDisposableStack();
  const opened = await openFromMirror((_, refuse) => refuse(), stack);
  await opened.ended;
  const why = expect.stringMatching(/^127\.0\.0\.1:\d+ answered with status 404\.$/);
  expect(opened.told.at(-1)).toEqual({ kind: 'failed', why });
  expect(opened.model.getLocalState?.()).toEqual({ kind: 'failed', why });
  expect(await askServer(opened, 'Ana', 'What is two plus two?')).toContain('4');
});

test('a fetch that somebody stops ends at once, and the stand-in goes on', async () => {
  await using stack = new AsyncDisposableStack();
  const asked = Promise.withResolvers<{ readonly left: Promise<unknown> }>();
  const opened = await openFromMirror((sendPart, _, left) => {
    sendPart(1_000);
    asked.resolve({ left });
  }, stack);
  const { left } = await asked.promise;
  await opened.model.stopLocalModel?.();
  await left;
  expect(opened.model.getLocalState?.()).toEqual({ kind: 'stopped' });
  expect(await askServer(opened, 'Ana', 'What is two plus two?')).toContain('4');
});

test('whoever only tries the settings fetches nothing, and is told what is missing', async () => {
  await using stack = new AsyncDisposableStack();
  const asked: boolean[] = [];
  const opening = openFromMirror(() => asked.push(true), stack, { isTrial: true });
  await expect(opening).rejects.toThrow(
    /qwen2\.5-0\.5b\.gguf is not there: npm start fetches it, 0\.5 GB\./,
  );
  expect(asked).toEqual([]);
});

const settings = { CHAT_MODEL_FILE: './no-such-model.gguf' };

test('a file of a chat model is the chat model, also beside a key of OpenAI', () => {
  const { chat, transcription } = readGoodSettings({
    ...settings,
    OPENAI_API_KEY: 'sk-1',
  }).engines;
  expect(chat).toMatchObject({ kind: 'outside', backend: 'file', price: 'free' });
  expect(transcription).toMatchObject({ kind: 'remote' });
});

test('its answers cost nothing', () => {
  const read = readConfig(settings);
  if (read.kind === 'bad') throw new Error(read.mistakes.join());
  expect(getTariff(read.config).think).toEqual({ kind: 'free' });
});

test('a file that is not there is told with its path, and nothing is installed', async () => {
  await using stack = new AsyncDisposableStack();
  const opening = openEngine('chat', readGoodSettings(settings).engines.chat, stack);
  await expect(opening).rejects.toThrow(
    /CHAT_MODEL_FILE: .*no-such-model.gguf is not there/,
  );
});

const dataDir = mkdtempSync(join(tmpdir(), 'parley-speech-'));
afterAll(() => rmSync(dataDir, { recursive: true }));

async function openSpeech(stack: AsyncDisposableStack, searchPath: string) {
  const told: string[] = [];
  const reportFault = ({ mend, what }: { what: string; mend: string }) =>
    told.push(`${what}; ${mend}`);
  const options = { dataDir, searchPath, report: reportFault };
  const choice = { kind: 'local', model: '' } as const;
  const speech = await openEngine('text to speech', choice, stack, options);
  return { speech, told };
}

test('where eSpeak NG speaks a language plainly, its operator is offered a voice by name, size and licence, once', async () => {
  await using stack = new AsyncDisposableStack();
  const { speech, told } = await openSpeech(stack, installEspeak(dataDir));
  expect(speech.voices?.languages).toContain('de');
  for (const language of ['de-DE', 'de-AT', 'nb'])
    await collectSound(speech, 'Guten Tag', { language });
  expect(told).toEqual([
    'somebody talks in German, which only eSpeak NG speaks here; npm run setup fetches Thorsten (63 MB, CC0-1.0), which speaks from the next sentence on',
  ]);
  expect(speech.describeSpeaker?.('de')).toBe('eSpeak NG');
});

test('without eSpeak NG the language is refused, and the offer says what it needs', async () => {
  await using stack = new AsyncDisposableStack();
  const { speech, told } = await openSpeech(stack, '/no/such/folder');
  expect(speech.languages).toEqual(['en']);
  await expect(
    collectSound(speech, 'Bonjour', { language: 'fr' }),
  ).rejects.toMatchObject({ code: 'speech.no_voice' });
  expect(told).toEqual([
    'somebody talks in French, which no voice here speaks; npm run setup fetches Siwis (63 MB, CC-BY-4.0), which speaks from the next sentence on; it needs eSpeak NG, as by apt install espeak-ng, and a restart',
  ]);
});

test('who waits for a model that is still loading is told so, and then gets the answer', async () => {
  const clock = new VirtualClock();
  const loading = { error: new BotError('provider.loading', true, 'It loads.') };
  const rounds: ChatStep[][] = [...Array(8).fill([loading]), ['You said five.']];
  const { chain } = makeChain('chat', [new FakeChat(rounds, clock)], clock);
  const overrides = { chat: createChatChain(chain), pieces: 2 };
  const fixture = await joinLounge(overrides, [adam], clock);
  void fixture.talk.askQuestion(toGuildId('g'), 'Hello?', adam, 'voice');
  await passTime(fixture, 12_000);
  const lines = fixture.panelContents.map(({ lines }) => lines[1]?.id);
  expect(lines).toContain('fail.loading');
  expect(lines.at(-1)).toBe('panel.listening');
  expect(fixture.synthesizer.texts).toEqual([
    'My model is still loading.',
    'You said five.',
  ]);
});
