import { readConfig } from '#src/config/config.ts';
import { getTariff } from '#src/config/tariffs.ts';
import { openEngine } from '#src/engines/engines.ts';
import { readGoodSettings } from '#test/config/read-settings.ts';

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
