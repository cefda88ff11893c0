import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { LocalModelState } from '#src/chat/local/local-model-state.ts';
import type { EngineSettings } from '#src/engines/engine.ts';
import { openEngine } from '#src/engines/engines.ts';
import { readGoodSettings } from '#test/config/read-settings.ts';

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

async function ask(
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
  expect(await ask(opened, 'Ana', 'What is two plus two?')).toContain('4');
  expect(opened.model.getLocalState?.()).toMatchObject({
    kind: 'fetching',
    bytes: 491_400_032,
  });
  await expect(ask(opened, '', 'Translate these lines.')).rejects.toMatchObject({
    code: 'provider.loading',
    message: expect.stringContaining('is being fetched: 0 %'),
  });
});

test('while the chat model is fetched, a fallback takes over where there is one', async () => {
  await using stack = new AsyncDisposableStack();
  const options = { hasFallback: true };
  const opened = await openFromMirror((sendPart) => sendPart(1_000), stack, options);
  await expect(ask(opened, 'Ana', 'Hello')).rejects.toMatchObject({
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
  expect(await ask(opened, 'Ana', 'What is two plus two?')).toContain('4');
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
  expect(await ask(opened, 'Ana', 'What is two plus two?')).toContain('4');
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
