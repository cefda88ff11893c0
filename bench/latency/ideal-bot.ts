import type { BenchPipeline } from '#bench/pipelines/server-settings.ts';
import type { QuestionClip } from '#bench/question-clips.ts';
import { writeWav } from '#src/audio/formats/wav.ts';

const firstSentence = /^.*?[.!?](?=\s|$)/s;

/** Returns whether an ideal bot can be measured: where an answer takes several requests in sequence. A model that hears and speaks takes one. */
export function hasIdeal(pipeline: BenchPipeline): boolean {
  return pipeline.startsWith('chained');
}

/**
 * Measures a bot that knows when speech ends, and has no Discord in its way: milliseconds from the last sound of `clip`
 * to the first byte of the answer, asking the same providers one after the other. No bot can be faster.
 */
export async function measureIdealTurn(
  baseUrl: string,
  clip: QuestionClip,
  pipeline: BenchPipeline,
): Promise<number> {
  const fromMs = performance.now();
  const text = pipeline === 'chained' ? await recogniseClip(baseUrl, clip) : clip.text;
  await speakFirstSound(baseUrl, await askFirstClause(baseUrl, text));
  return performance.now() - fromMs;
}

async function recogniseClip(baseUrl: string, clip: QuestionClip) {
  const form = new FormData();
  form.set('model', 'mock');
  form.set('file', new File([new Uint8Array(writeWav(clip.pcm))], 'speech.wav'));
  const response = await fetch(`${baseUrl}/audio/transcriptions`, {
    method: 'POST',
    body: form,
  });
  const { text } = (await response.json()) as { readonly text: string };
  if (text !== clip.text)
    throw new Error(`The ideal bot heard "${text}" for "${clip.text}".`);
  return text;
}

async function askFirstClause(baseUrl: string, content: string) {
  const body = { model: 'mock', stream: true, messages: [{ role: 'user', content }] };
  const response = await postJson(`${baseUrl}/chat/completions`, body);
  let events = '';
  for await (const bytes of response.body ?? []) {
    events += Buffer.from(bytes).toString();
    const [clause] = firstSentence.exec(toWrittenText(events)) ?? [];
    if (clause !== undefined) return clause;
  }
  return toWrittenText(events);
}

/** Joins the text so far. */
function toWrittenText(events: string) {
  return [...events.matchAll(/^data: (\{.*\})$/gm)]
    .map(([, json = '']) => JSON.parse(json).choices[0]?.delta.content ?? '')
    .join('');
}

async function speakFirstSound(baseUrl: string, input: string) {
  const body = { model: 'mock', voice: 'mock', response_format: 'pcm', input };
  const response = await postJson(`${baseUrl}/audio/speech`, body);
  for await (const bytes of response.body ?? []) if (bytes.length > 0) return;
}

async function postJson(url: string, value: object) {
  const headers = { 'content-type': 'application/json' };
  return await fetch(url, { method: 'POST', headers, body: JSON.stringify(value) });
}
