import { readClip } from '#test/audio/clip-archive.ts';
import { encodeSound, makeTone } from '#test/fakes/providers/mock-sound.ts';
import { openListeningServer } from '#test/fakes/servers/listening-server.ts';

export type SpeechRequest = {
  readonly model: string;
  readonly input: string;
  readonly voice: string;
  readonly instructions?: string;
  readonly authorization: string | undefined;
};

type SpeechFile = readonly [type: string, bytes: Buffer];

/** Packed speech, by the name of the model. */
const packed: Readonly<Record<string, SpeechFile>> = {
  mp3: ['audio/mpeg', readSound('digits.mp3')],
  opus: ['audio/ogg', readSound('digits.ogg')],
  flac: ['audio/flac', readSound('tones.flac')],
};

/** Errors with status 200, each with the type that its server gives it. */
const errors = {
  'application/json': '{"error":{"message":"The voice is broken."}}',
  'text/plain': 'The voice is broken.',
  'text/html': '<!doctype html><title>502</title><h1>Bad gateway</h1>',
  'audio/mpeg': '{"error":{"message":"The voice is broken."}}',
  // A proxy keeps the line open by spaces.
  'audio/pcm': `${' '.repeat(2_000)}{"error":{"message":"The voice is broken."}}`,
};
export const wrongLabels = Object.keys(errors) as readonly (keyof typeof errors)[];

/** Bytes that are sent at a time. */
const pieceBytes = 257;

/**
 * Starts a server of `/audio/speech` that sends 257 bytes at a time, so that a piece ends anywhere in a sample, in the format of which the model has the name; `bare` sends samples
 * without a label, any other model samples with one. A text with "slowly" is sent to its half, and then after `release`; one that "ends with an error" has one behind its sound; one that ends with "wrongly as text/plain." is answered by an error of that type.
 */
export async function openSpeechServer() {
  const requests: SpeechRequest[] = [];
  const held = new Map<string, PromiseWithResolvers<void>>();
  const heldBack = (text: string) => {
    const match = held.get(text) ?? Promise.withResolvers();
    held.set(text, match);
    return match;
  };
  const served = await openListeningServer(async (request, response) => {
    const json = Buffer.concat(await Array.fromAsync<Buffer>(request)).toString();
    if (request.url !== '/v1/audio/speech') return void response.writeHead(404).end();
    const { authorization } = request.headers;
    const speechRequest: SpeechRequest = { ...JSON.parse(json), authorization };
    requests.push(speechRequest);
    const { input, model } = speechRequest;
    const wrongLabel = wrongLabels.find((label) =>
      input.endsWith(`wrongly as ${label}.`),
    );
    if (wrongLabel) {
      response.writeHead(200, { 'content-type': wrongLabel });
      return void response.end(errors[wrongLabel]);
    }
    const [type, bytes] = packed[model] ?? answerSpeech(model, input);
    const heldFrom = input.includes('slowly') ? bytes.length / 2 : bytes.length;
    response.writeHead(200, { 'content-type': type });
    for (const [n, piece] of listPieces(bytes, input).entries()) {
      if (n * pieceBytes >= heldFrom) await heldBack(input).promise;
      response.write(piece);
    }
    response.end();
  });
  return {
    ...served,
    baseUrl: `${served.origin}/v1`,
    requests: requests as readonly SpeechRequest[],
    /** Sends the second half of a text. */
    releaseText: (text: string) => heldBack(text).resolve(),
  };
}

/** The sound in pieces, and behind it the error of a text that ends with one. */
function listPieces(bytes: Buffer, text: string): readonly Uint8Array[] {
  const pieces: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; at += pieceBytes)
    pieces.push(bytes.subarray(at, at + pieceBytes));
  if (text.includes('ends with an error'))
    pieces.push(Buffer.from(errors['application/json']));
  return pieces;
}

/** Rate, in Hz, of samples that come without a label. */
export const rawRateHz = 22_050;

function answerSpeech(model: string, text: string): SpeechFile {
  const makeSamples = (rateHz: number) => makeTone(text, rateHz);
  if (model === 'wav')
    return ['audio/wav', encodeSound(makeSamples(16_000), 16_000, 'wav')];
  if (model === 'bare')
    return [
      'application/octet-stream',
      encodeSound(makeSamples(rawRateHz), rawRateHz, 'pcm'),
    ];
  return ['audio/pcm;rate=24000', encodeSound(makeSamples(24_000), 24_000, 'pcm')];
}

function readSound(name: string): Buffer {
  return readClip('test/fixtures/sounds', name);
}
