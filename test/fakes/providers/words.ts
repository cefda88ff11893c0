import type { ServerResponse } from 'node:http';
import type { Pcm } from '#src/audio/pcm.ts';
import { readWav } from '#src/audio/wav.ts';
import { listening } from '#test/fakes/servers/listening.ts';

/** Reaction of a server to `stream: true`. */
export type TranscriptStreaming =
  | 'events'
  /** Chat-shaped chunks, as vLLM's. */
  | 'chat'
  /** Takes no notice. */
  | 'json'
  /** Events under another name, or under none. */
  | 'unlabelled'
  | 'refuses'
  /** Ends without its last event. */
  | 'breaks-off'
  | 'error-event';

export interface MockWords extends AsyncDisposable {
  readonly baseUrl: string;
  /** Whether each request asked for a stream. */
  readonly streamed: readonly boolean[];
  /** Connections there ever were. */
  readonly connections: number;
  /** Answers that were sent to their end. */
  readonly answered: number;
  manner: TranscriptStreaming;
  /** The body stays open after the last event until this is called. */
  hold: Promise<void>;
}

/** Transcriptions only, streamed in all the ways servers do. */
export async function openMockWords(hears: (pcm: Pcm) => string): Promise<MockWords> {
  const streamed: boolean[] = [];
  let connections = 0;
  let answered = 0;
  const served = await listening(async (request, response) => {
    const bytes = Buffer.concat(await Array.fromAsync<Buffer>(request));
    const headers = { 'content-type': request.headers['content-type'] ?? '' };
    const form = await new Response(new Uint8Array(bytes), { headers }).formData();
    const file = form.get('file');
    const text = file instanceof File ? hears(readWav(await file.bytes())) : '';
    const asksStream = form.get('stream') === 'true';
    streamed.push(asksStream);
    response.on('finish', () => answered++);
    await (asksStream ? answer(response, mock.manner, text, mock.hold) : plain(response, text));
  });
  served.server.on('connection', () => connections++);
  const mock: MockWords = {
    baseUrl: `${served.origin}/v1`,
    streamed,
    get connections() {
      return connections;
    },
    get answered() {
      return answered;
    },
    manner: 'events',
    hold: Promise.resolve(),
    [Symbol.asyncDispose]: () => served[Symbol.asyncDispose](),
  };
  return mock;
}

function plain(response: ServerResponse, text: string): void {
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ text }));
}

async function answer(
  response: ServerResponse,
  manner: TranscriptStreaming,
  text: string,
  hold: Promise<void>,
): Promise<void> {
  if (manner === 'json') return plain(response, text);
  if (manner === 'refuses') {
    const error = { message: 'This model does not support streaming.' };
    response.writeHead(400, { 'content-type': 'application/json' }).end(JSON.stringify({ error }));
    return;
  }
  const type = manner === 'unlabelled' ? 'text/plain' : 'text/event-stream';
  response.writeHead(200, { 'content-type': type });
  for (const event of events(manner, text)) response.write(`data: ${JSON.stringify(event)}\n\n`);
  await hold;
  response.end(manner === 'breaks-off' ? '' : 'data: [DONE]\n\n');
}

function events(manner: TranscriptStreaming, text: string): object[] {
  const deltas = text.split(/(?= )/).filter((delta) => delta !== '');
  if (manner === 'chat') {
    const chunk = (content: string, finish_reason: string | null) => ({
      object: 'transcription.chunk',
      choices: [{ delta: { content }, finish_reason }],
    });
    return [...deltas.map((delta) => chunk(delta, null)), chunk('', 'stop')];
  }
  const reported = deltas.map((delta) => ({ type: 'transcript.text.delta', delta }));
  if (manner === 'breaks-off') return reported;
  if (manner === 'error-event') return [...reported, { error: { message: 'Out of memory.' } }];
  return [...reported, { type: 'transcript.text.done', text, usage: { type: 'tokens' } }];
}
