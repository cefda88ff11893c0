import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import type { Pcm } from '#src/audio/pcm.ts';
import { openClient } from '#src/provider/client.ts';
import { hintFields, hintsOf } from '#src/speech/hints.ts';
import { openTranscriber } from '#src/speech/openai/openai-transcriber.ts';
import { textOf } from '#test/contracts/transcriber.ts';
import { hostileNames } from './hostile-names.ts';

type Rule = 'as gpt-transcribe' | 'refuses hints' | 'refuses everything';

/** A recogniser that notes the fields of each form, and refuses what OpenAI's refuses: keywords that are no plain line. */
async function recogniser(rule: Rule = 'as gpt-transcribe') {
  const forms: FormData[] = [];
  const refused: FormData[] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const type = `${request.headers['content-type']}`;
    const headers = { 'content-type': type };
    const form = await new Response(Buffer.concat(chunks), { headers }).formData();
    forms.push(form);
    const keywords = form.getAll('keywords[]').map(String);
    const hasHints = ['keywords[]', 'prompt', 'hotwords'].some((field) => form.has(field));
    const isBad =
      rule === 'refuses everything' ||
      (rule === 'refuses hints' && hasHints) ||
      keywords.some((word) => /[<>\r\n\p{Cc}]/u.test(word) || word.trim() === '');
    if (isBad) refused.push(form);
    const body = isBad ? { error: { message: 'Invalid field.' } } : { text: 'hello' };
    response.writeHead(isBad ? 400 : 200, { 'content-type': 'application/json' });
    response.end(JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
  const open = (model: string) => openTranscriber(openClient({ baseUrl }), { model });
  const close = () => {
    server.close();
    server.closeAllConnections();
  };
  return { forms, refused, open, [Symbol.dispose]: close };
}

const sound: Pcm = {
  samples: Int16Array.from({ length: 16_000 }, (_, n) => 8_000 * Math.sin(n / 10)),
  rateHz: 16_000,
  channels: 1,
};

test.each([
  ['gpt-transcribe', { keywords: ['Nova', 'Ana'] }],
  ['whisper-1', { prompt: 'Nova, Ana.' }],
  ['gpt-4o-transcribe', { prompt: 'Nova, Ana.' }],
  ['Systran/faster-whisper-small', { hotwords: 'Nova, Ana' }],
])('%s takes hints in a field of its own', (model, fields) => {
  expect(hintFields(model, 'http://127.0.0.1:8000/v1', ['Nova', 'Ana'])).toEqual(fields);
});

test('names become hints of one plain line each, without doubles', () => {
  const names = [
    'Nova',
    'ANA',
    'Ana',
    'B\r\nen',
    '<script>alert</script>',
    '★彡',
    '  ',
    'Jürgen-Óscar',
  ];
  expect(hintsOf(names)).toEqual([
    'Nova',
    'ANA',
    'B en',
    'script alert script',
    '彡',
    'Jürgen-Óscar',
  ]);
});

test('hints are so few and short that every server takes them', () => {
  const long = Array.from({ length: 500 }, (_, n) => `Name${n} ${'x'.repeat(80)}`);
  const hints = hintsOf(long);
  expect(hints.join(', ').length).toBeLessThanOrEqual(600);
  expect(hints.every(({ length }) => length <= 40)).toBe(true);
});

test('1,000 hostile display names as hints: no request fails', async () => {
  using server = await recogniser();
  const transcriber = server.open('gpt-transcribe');
  const names = hostileNames(1_000);
  for (let at = 0; at < names.length; at += 25) {
    const hints = hintsOf(['Nova', ...names.slice(at, at + 25)]);
    const reported = transcriber.withHints?.(hints) ?? transcriber;
    expect(await textOf(reported, sound)).toBe('hello');
  }
  expect(server.refused).toEqual([]);
  expect(server.forms).toHaveLength(40);
  expect(server.forms.every((form) => form.getAll('keywords[]').includes('Nova'))).toBe(true);
  expect(server.forms.every((form) => form.getAll('model').length === 1)).toBe(true);
});

test('a server that refuses hints is asked without them, and only once with', async () => {
  using server = await recogniser('refuses hints');
  const transcriber = server.open('whisper-1').withHints?.(['Nova']);
  if (!transcriber) throw new Error('it takes no hints');
  for (let n = 0; n < 3; n++) expect(await textOf(transcriber, sound)).toBe('hello');
  expect(server.forms.map((form) => form.get('prompt'))).toEqual(['Nova.', null, null, null]);
});

test('a server that refuses everything is told as it is', async () => {
  using server = await recogniser('refuses everything');
  const transcriber = server.open('whisper-1').withHints?.(['Nova']);
  if (!transcriber) throw new Error('it takes no hints');
  await expect(textOf(transcriber, sound)).rejects.toMatchObject({ about: { status: 400 } });
});

test('hints stay with a language that is told afterwards', async () => {
  using server = await recogniser();
  const transcriber = server.open('gpt-transcribe').withHints?.(['Nova']).inLanguage?.('de');
  if (!transcriber) throw new Error('it takes no hints');
  await textOf(transcriber, sound);
  const [form] = server.forms;
  expect([form?.getAll('keywords[]'), form?.getAll('languages[]')]).toEqual([['Nova'], ['de']]);
});
