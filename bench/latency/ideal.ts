import { setImmediate as nextTurn } from 'node:timers/promises';
import { WebSocket } from 'ws';
import type { QuestionClip } from '#bench/clips.ts';
import type { BenchPipeline } from '#bench/pipelines/server-settings.ts';
import { type Pcm, speakRateHz } from '#src/audio/pcm.ts';
import { Resampler } from '#src/audio/resample.ts';
import { writeWav } from '#src/audio/wav.ts';

const first = /^.*?[.!?](?=\s|$)/s;

/**
 * A bot that knows when speech ends, and has no Discord in its way: milliseconds from the last sound of `clip` to the
 * first byte of the answer, asking the same providers one after the other. No bot can be faster.
 */
export async function idealTurn(
  baseUrl: string,
  clip: QuestionClip,
  pipeline: BenchPipeline,
): Promise<number> {
  switch (pipeline) {
    case 'chained':
      return await timed(async () => await spoken(baseUrl, await recognised(baseUrl, clip)));
    case 'chained, streaming recogniser':
      return await timed(() => spoken(baseUrl, clip.text));
    case 'audio-model':
      return await timed(() => spokenByModel(baseUrl, clip.pcm));
    case 'realtime':
      return await talkedTurn(baseUrl, clip.pcm);
  }
}

async function timed(work: () => Promise<void>): Promise<number> {
  const fromMs = performance.now();
  await work();
  return performance.now() - fromMs;
}

async function spoken(baseUrl: string, text: string): Promise<void> {
  await firstSound(baseUrl, await firstClause(baseUrl, text));
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

async function firstSound(baseUrl: string, input: string): Promise<void> {
  const body = { model: 'mock', voice: 'mock', response_format: 'pcm', input };
  const response = await post(`${baseUrl}/audio/speech`, body);
  for await (const bytes of response.body ?? []) if (bytes.length > 0) return;
}

/** The sound is sent when it is complete, for this server takes it in one request. */
async function spokenByModel(baseUrl: string, pcm: Pcm): Promise<void> {
  const data = Buffer.from(writeWav(pcm)).toString('base64');
  const content = [{ type: 'input_audio', input_audio: { data, format: 'wav' } }];
  const response = await post(`${baseUrl}/chat/completions`, {
    model: 'mock',
    stream: true,
    modalities: ['text', 'audio'],
    audio: { voice: 'mock', format: 'pcm16' },
    messages: [{ role: 'user', content }],
  });
  let events = '';
  for await (const bytes of response.body ?? []) {
    events += Buffer.from(bytes).toString();
    if (/"data":"[^"]/.test(events)) return;
  }
  throw new Error('The audio model said nothing to the ideal bot.');
}

/** The sound went up while it was spoken. */
async function talkedTurn(baseUrl: string, pcm: Pcm): Promise<number> {
  const socket = new WebSocket(`${baseUrl.replace('http', 'ws')}/realtime?model=mock`);
  try {
    await reportedOf(socket, 'session.created');
    const sound = new Resampler(pcm.rateHz, speakRateHz).push(pcm.samples);
    const audio = Buffer.from(sound.buffer, sound.byteOffset, sound.byteLength).toString('base64');
    socket.send(JSON.stringify({ type: 'session.update', session: { type: 'realtime' } }));
    socket.send(JSON.stringify({ type: 'input_audio_buffer.append', audio }));
    await reportedOf(socket, 'session.updated');
    await nextTurn();
    return await timed(async () => {
      const sounds = reportedOf(socket, 'response.output_audio.delta');
      socket.send(JSON.stringify({ type: 'input_audio_buffer.commit' }));
      socket.send(JSON.stringify({ type: 'response.create' }));
      await sounds;
    });
  } finally {
    socket.terminate();
  }
}

function reportedOf(socket: WebSocket, type: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const leave = (end: () => void) => {
      socket.off('message', hear);
      socket.off('error', fail);
      end();
    };
    const hear = (data: unknown) => {
      if (JSON.parse(String(data)).type === type) leave(resolve);
    };
    const fail = (error: Error) => leave(() => reject(error));
    socket.on('message', hear);
    socket.on('error', fail);
  });
}

async function post(url: string, value: object): Promise<Response> {
  const headers = { 'content-type': 'application/json' };
  return await fetch(url, { method: 'POST', headers, body: JSON.stringify(value) });
}
