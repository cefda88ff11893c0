import type { IncomingHttpHeaders, ServerResponse } from 'node:http';
import { openEngines } from '#src/app/engines/open-engines.ts';
import { joinSamples, type Pcm } from '#src/audio/pcm.ts';
import { readGoodSettings } from '#test/config/read-settings.ts';
import { encodeSound, makeTone } from '#test/fakes/providers/mock-sound.ts';
import { openListeningServer } from '#test/fakes/servers/listening-server.ts';

export type SpeechBody = {
  readonly input: string;
  readonly voice?: string;
  readonly response_format?: string;
  readonly instructions?: string;
  readonly speed?: number;
  readonly stream?: boolean;
};

/** What a speech server answers. Each piece is a write of its own. */
export type SpeechAnswer = {
  readonly status?: number;
  readonly headers?: IncomingHttpHeaders;
  readonly pieces: readonly (string | Uint8Array)[];
  /** Comes before the second piece. */
  readonly waitsFor?: Promise<unknown>;
};

export type AnswerSpeech = (body: SpeechBody) => SpeechAnswer;

/** Starts a speech server, and the bot's voice by the settings of `.env`. */
export async function openSpeechBot(
  answer: AnswerSpeech,
  more: Record<string, string> = {},
) {
  const bodies: SpeechBody[] = [];
  let closedCount = 0;
  const server = await openListeningServer(async (request, response) => {
    const json = Buffer.concat(await Array.fromAsync<Buffer>(request)).toString();
    if (request.url !== '/v1/audio/speech') return void response.writeHead(404).end();
    const body: SpeechBody = JSON.parse(json);
    bodies.push(body);
    response.on('close', () => closedCount++);
    await sendAnswer(response, answer(body));
  });
  const settings = readGoodSettings({
    SPEECH_BASE_URL: `${server.origin}/v1`,
    SPEECH_VOICE: 'tara',
    TRANSCRIPTION_BASE_URL: 'http://127.0.0.1:9/v1',
    CHAT_COMPLETION_BASE_URL: 'http://127.0.0.1:9/v1',
    ...more,
  });
  const events: object[] = [];
  const engines = await openEngines(settings, (event) => events.push(event));
  return {
    ...engines,
    origin: server.origin,
    countClosed: () => closedCount,
    bodies: bodies as readonly SpeechBody[],
    /** Failures and habits, as they are told to operators. */
    events: events as readonly object[],
    async [Symbol.asyncDispose]() {
      await engines[Symbol.asyncDispose]();
      await server[Symbol.asyncDispose]();
    },
  };
}

async function sendAnswer(
  response: ServerResponse,
  { headers = {}, pieces, status = 200, waitsFor }: SpeechAnswer,
) {
  response.writeHead(status, headers);
  for (const [n, piece] of pieces.entries()) {
    if (n > 0) await waitsFor;
    response.write(piece);
    await new Promise(setImmediate);
  }
  response.end();
}

/** Sound of a text, as its bytes. */
export function encodeTone(
  text: string,
  format: 'pcm' | 'wav' = 'pcm',
  rateHz = 24_000,
) {
  return encodeSound(makeTone(text, rateHz), rateHz, format);
}

export function refuseSpeech(message: string, status = 400): SpeechAnswer {
  const headers = { 'content-type': 'application/json' };
  return { status, headers, pieces: [JSON.stringify({ error: { message } })] };
}

/** The parts of a sound, joined. */
export function joinPcm(pieces: readonly Pcm[]) {
  return joinSamples(pieces.map(({ samples }) => samples));
}
