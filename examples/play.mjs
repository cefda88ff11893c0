// Plays a text, or the answer to a question, while it is made: say or ask, then words. Samples go to standard output.
import { once } from 'node:events';
import { OpenAI } from 'openai';

const { PARLEY_URL = 'http://127.0.0.1:8789/v1', PARLEY_TOKEN } = process.env;
if (!PARLEY_TOKEN) {
  console.error(
    'PARLEY_TOKEN is not set: npm run token -- create NAME --server ID --scopes chat,audio',
  );
  process.exit(1);
}
const [verb, words = ''] = process.argv.slice(2);
const parley = new OpenAI({ baseURL: PARLEY_URL, apiKey: PARLEY_TOKEN, maxRetries: 0 });

async function* say(input) {
  const asked = { model: 'parley', voice: 'default', response_format: 'pcm' };
  yield* (await parley.audio.speech.create({ ...asked, input })).body;
}

async function* ask(content) {
  const stream = await parley.chat.completions.create({
    model: 'parley',
    modalities: ['text', 'audio'],
    audio: { voice: 'default', format: 'pcm16' },
    messages: [{ role: 'user', content }],
    stream: true,
  });
  for await (const { choices } of stream) {
    const { transcript = '', data } = choices[0]?.delta.audio ?? {};
    process.stderr.write(transcript); // its words
    if (data) yield Buffer.from(data, 'base64');
  }
}

for await (const samples of (verb === 'ask' ? ask : say)(words))
  if (!process.stdout.write(samples)) await once(process.stdout, 'drain');
