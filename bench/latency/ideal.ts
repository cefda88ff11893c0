import type { QuestionClip } from '#bench/clips.ts';
import type { BenchPipeline } from '#bench/pipelines/server-settings.ts';
import { writeWav } from '#src/audio/wav.ts';

const first = /^.*?[.!?](?=\s|$)/s;

/** Whether the answer comes of requests one after the other; a model that hears and speaks takes but its own time. */
export function hasIdeal(pipeline: BenchPipeline): boolean {
  return pipeline.startsWith('chained');
}

/**
 * A bot that knows when speech ends, and has no Discord in its way: milliseconds from the last sound of `clip` to the
 * first byte of the answer, asking the same providers one after the other. No bot can be faster.
 */
export async function idealTurn(
  baseUrl: string,
  clip: QuestionClip,
  pipeline: BenchPipeline,
): Promise<number> {
  const fromMs = performance.now();
  const text = pipeline === 'chained' ? await recognised(baseUrl, clip) : clip.text;
  await firstSound(baseUrl, await firstClause(baseUrl, text));
  return performance.now() - fromMs;
}

async function recognised(baseUrl: string, clip: QuestionClip): Promise<string> {
  const form = new FormData();
  form.set('model', 'mock');
  form.set('file', new File([new Uint8Array(writeWav(clip.pcm))], 'speech.wav'));
  const response = await fetch(`${baseUrl}/audio/transcriptions`, { method: 'POST', body: form });
  const { text } = (await response.json()) as { readonly text: string };
  if (text !== clip.text) throw new Error(`The ideal bot heard "${text}" for "${clip.text}".`);
  return text;
}

async function firstClause(baseUrl: string, content: string): Promise<string> {
  const body = { model: 'mock', stream: true, messages: [{ role: 'user', content }] };
  const response = await post(`${baseUrl}/chat/completions`, body);
  let events = '';
  for await (const bytes of response.body ?? []) {
    events += Buffer.from(bytes).toString();
    const [clause] = first.exec(written(events)) ?? [];
    if (clause !== undefined) return clause;
  }
  return written(events);
}

/** The text so far. */
function written(events: string): string {
  return [...events.matchAll(/^data: (\{.*\})$/gm)]
    .map(([, json = '']) => JSON.parse(json).choices[0]?.delta.content ?? '')
    .join('');
}

async function firstSound(baseUrl: string, input: string) {
  const body = { model: 'mock', voice: 'mock', response_format: 'pcm', input };
  const response = await post(`${baseUrl}/audio/speech`, body);
  for await (const bytes of response.body ?? []) if (bytes.length > 0) return;
}

async function post(url: string, value: object): Promise<Response> {
  const headers = { 'content-type': 'application/json' };
  return await fetch(url, { method: 'POST', headers, body: JSON.stringify(value) });
}
