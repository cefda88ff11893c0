import type { Pcm } from '#src/audio/pcm.ts';
import { openClient } from '#src/provider/api-client.ts';
import { normaliseHints, withTranscriptionOptions } from '#src/speech/hints.ts';
import { OpenAiTranscriber } from '#src/speech/openai/openai-transcriber.ts';
import { transcribeText } from '#test/contracts/transcriber-contract.ts';
import { openListeningServer } from '#test/fakes/servers/listening-server.ts';

type Rule = 'as gpt-transcribe' | 'refuses hints' | 'refuses everything';

/** A recogniser that notes the fields of each form, and refuses what OpenAI's refuses: keywords that are no plain line. */
async function openRecogniser(rule: Rule = 'as gpt-transcribe') {
  const forms: FormData[] = [];
  const refused: FormData[] = [];
  const served = await openListeningServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const type = `${request.headers['content-type']}`;
    const headers = { 'content-type': type };
    const form = await new Response(Buffer.concat(chunks), { headers }).formData();
    forms.push(form);
    const keywords = form.getAll('keywords[]').map(String);
    const hasHints = ['keywords[]', 'prompt', 'hotwords'].some((field) =>
      form.has(field),
    );
    const isBad =
      rule === 'refuses everything' ||
      (rule === 'refuses hints' && hasHints) ||
      keywords.some((word) => /[<>\r\n\p{Cc}]/u.test(word) || word.trim() === '');
    if (isBad) refused.push(form);
    const body = isBad ? { error: { message: 'Invalid field.' } } : { text: 'hello' };
    response.writeHead(isBad ? 400 : 200, { 'content-type': 'application/json' });
    response.end(JSON.stringify(body));
  });
  const baseUrl = `${served.origin}/v1`;
  const openTranscriber = (model: string) =>
    new OpenAiTranscriber(openClient({ baseUrl }), { model });
  return { forms, refused, open: openTranscriber, ...served };
}

const sound: Pcm = {
  samples: Int16Array.from({ length: 16_000 }, (_, n) => 8_000 * Math.sin(n / 10)),
  rateHz: 16_000,
  channels: 1,
};

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
  expect(normaliseHints(names)).toEqual([
    'Nova',
    'ANA',
    'B en',
    'script alert script',
    '彡',
    'Jürgen-Óscar',
  ]);
  expect(
    normaliseHints(Array.from({ length: 200 }, (_, n) => `Ana ${n}`)).join(', ').length,
  ).toBeLessThan(600);
});

test('a server that refuses hints is asked without them, and only once with', async () => {
  using server = await openRecogniser('refuses hints');
  const transcriber = withTranscriptionOptions(server.open('whisper-1'), {
    hints: ['Nova'],
  });
  for (let n = 0; n < 3; n++)
    expect(await transcribeText(transcriber, sound)).toBe('hello');
  expect(server.forms.map((form) => form.get('prompt'))).toEqual([
    'Nova.',
    null,
    null,
    null,
  ]);
  await transcribeText(
    withTranscriptionOptions(server.open('faster-whisper'), { hints: ['Nova', 'Ana'] }),
    sound,
  );
  expect(server.forms[4]?.get('hotwords')).toBe('Nova, Ana');
});
