import type { ServerResponse } from 'node:http';
import { writeWav } from '#src/audio/formats/wav.ts';
import type { Pcm } from '#src/audio/pcm.ts';
import { openListeningServer } from '#test/fakes/servers/listening-server.ts';
import type { MockReply, ReceivedChatRequest } from './mock-chat.ts';
import { type MockVoice, makeLazySound, makeTone } from './mock-sound.ts';
import { readUpload } from './read-upload.ts';

export type AudioChatBody = Readonly<Record<string, unknown>>;
export type AudioChatAnswer = (response: ServerResponse, body: AudioChatBody) => void;

/** A chat server that answers the requests in turn, the last way again and again. */
export async function openMockAudioChat(answers: readonly AudioChatAnswer[]) {
  const bodies: AudioChatBody[] = [];
  let running = 0;
  const served = await openListeningServer(async (request, response) => {
    const body = JSON.parse(
      Buffer.concat(await Array.fromAsync(request)).toString(),
    ) as AudioChatBody;
    const answer = answers[Math.min(bodies.length, answers.length - 1)];
    bodies.push(body);
    running++;
    response.on('close', () => running--);
    answer?.(response, body);
  });
  /** `running`: answers going on now. */
  return {
    ...served,
    baseUrl: `${served.origin}/v1`,
    bodies,
    countRunning: () => running,
  };
}

/** End of a stream: with `[DONE]`, without, with the connection, or never. */
export type StreamEnd = 'done' | 'close' | 'reset' | 'open';
export type StreamOptions = { readonly end?: StreamEnd };

export function answerStream(
  chunks: readonly unknown[],
  manner: StreamOptions = {},
): AudioChatAnswer {
  const { end = 'done' } = manner;
  const events = chunks.map((chunk) => `data: ${JSON.stringify(chunk)}`);
  if (end === 'done') events.push('data: [DONE]');
  const bytes = Buffer.from(events.map((event) => `${event}\n\n`).join(''));
  return (response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.flushHeaders();
    if (end === 'done' || end === 'close') response.end(bytes);
    else response.write(bytes, () => end === 'reset' && response.destroy());
  };
}

export function answerWithJson(body: unknown, status = 200): AudioChatAnswer {
  return (response) => {
    response
      .writeHead(status, { 'content-type': 'application/json' })
      .end(JSON.stringify(body));
  };
}

export const makeDelta = (fields: object, finish_reason: unknown = null) => ({
  choices: [{ index: 0, delta: fields, finish_reason }],
});
export const makeAudioDelta = (fields: object) => makeDelta({ audio: fields });
export const toBase64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64');

/** Made one by one, as they are sent. */
function* makeChunks(
  text: string,
  id: string,
  expiresAtSeconds: number,
  voice: MockVoice,
): Generator<object> {
  const sound = makeLazySound(text, 24_000, voice);
  const words = text.match(/\s*\S+/g) ?? [];
  const size = Math.ceil(sound.length / Math.max(1, words.length));
  const makePiece = (n: number) =>
    makeAudioDelta({
      data: sound.subarray(n * size, (n + 1) * size).toString('base64'),
    });
  yield makeDelta({ role: 'assistant', content: null, audio: { id } });
  for (const [n, transcript] of words.entries()) {
    yield makeAudioDelta({ transcript });
    if (n > 1) yield makePiece(n - 2);
  }
  for (let n = Math.max(0, words.length - 2); n < words.length; n++) yield makePiece(n);
  yield makeAudioDelta({ expires_at: expiresAtSeconds });
}

/** One answer in one piece, its sound a WAV file. */
export function makeSpokenAnswer(
  text: string,
  id: string,
  expiresAtSeconds: number,
): object {
  const samples = makeTone(text, 24_000);
  const data = toBase64(writeWav({ samples, rateHz: 24_000, channels: 1 }));
  const message = {
    role: 'assistant',
    content: null,
    audio: { id, data, transcript: text, expires_at: expiresAtSeconds },
  };
  return {
    choices: [{ index: 0, message, finish_reason: 'stop' }],
    usage: { prompt_tokens: 9, completion_tokens: 3 },
  };
}

/** A request with every sound in it replaced by the words it is heard as. */
export function replaceSound(
  request: ReceivedChatRequest,
  hears: (pcm: Pcm) => string,
): ReceivedChatRequest {
  const wordsOf = ({ input_audio, text }: ContentPart) =>
    input_audio
      ? hears(readUpload(Buffer.from(input_audio.data, 'base64')))
      : (text ?? '');
  const messages = (request.messages ?? []).map((message) => {
    const { content } = message;
    if (!Array.isArray(content)) return message;
    return { ...message, content: (content as ContentPart[]).map(wordsOf).join(' ') };
  });
  return { ...request, messages };
}

type ContentPart = {
  readonly text?: string;
  readonly input_audio?: { readonly data: string };
};

/** Events that `/chat/completions` streams when sound is asked for; undefined when it is not. */
export function makeAudioChatEvents(
  request: ReceivedChatRequest & { readonly modalities?: readonly string[] },
  { text = '', call }: MockReply,
  voice: MockVoice = makeTone,
): Iterable<string> | undefined {
  if (!request.modalities?.includes('audio')) return undefined;
  const calls = call
    ? [
        {
          index: 0,
          id: 'call_mock',
          type: 'function',
          function: { name: call.name, arguments: call.argumentsJson },
        },
      ]
    : [];
  const expiresAtSeconds = 4_000_000_000;
  return (function* () {
    const formatEvent = (chunk: object) => `data: ${JSON.stringify(chunk)}\n\n`;
    const id = `audio_${text.length}`;
    if (text !== '')
      for (const chunk of makeChunks(text, id, expiresAtSeconds, voice))
        yield formatEvent(chunk);
    if (call) yield formatEvent(makeDelta({ tool_calls: calls }, 'tool_calls'));
    yield formatEvent({
      choices: [],
      usage: { prompt_tokens: 9, completion_tokens: text.length },
    });
    yield 'data: [DONE]\n\n';
  })();
}
