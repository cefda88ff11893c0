import type { ServerResponse } from 'node:http';
import { type DialectRequest, type DialectServer, json, openDialect, sound } from './dialect.ts';
import { pipedHeader, samplesOf } from './sounds.ts';

const models = ['kokoro', 'tts-1', 'tts-1-hd'];
const voices = ['af_heart', 'af_bella', 'af_sky'];
const rateHz = 24_000;

/** Kokoro-FastAPI: speech only, a piece a sentence, a `LIST` chunk before the samples; voices are mixed as `a(2)+b(1)`. */
export function openKokoro(): Promise<DialectServer> {
  return openDialect(
    {
      'POST /v1/audio/speech': speak,
      'GET /v1/audio/voices': (_, response) => json(response, { voices }),
    },
    (_, response) => json(response, { detail: 'Not Found' }, 404),
  );
}

function speak({ body }: DialectRequest, response: ServerResponse): void | Promise<void> {
  if (!models.includes(`${body.model}`))
    return refuse(response, 'invalid_model', `Unsupported model: ${body.model}`);
  const names = `${body.voice}`.split('+').map((part) => part.replace(/\([\d.]+\)$/, '').trim());
  const stranger = names.find((name) => !voices.includes(name));
  if (stranger !== undefined) {
    const said = `Voice '${stranger}' not found. Available voices: ${voices.join(', ')}`;
    return refuse(response, 'validation_error', said);
  }
  const sentences = `${body.input}`.match(/[^.!?]+[.!?]*/g) ?? [];
  const spoken = sentences.map((sentence) => samplesOf(sentence, rateHz));
  const format = body.response_format === 'wav' ? 'wav' : 'pcm';
  return sound(
    response,
    format === 'wav' ? [pipedHeader(rateHz), ...spoken] : spoken,
    `audio/${format}`,
  );
}

function refuse(response: ServerResponse, error: string, message: string): void {
  json(response, { detail: { error, message, type: 'invalid_request_error' } }, 400);
}
