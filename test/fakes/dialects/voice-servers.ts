// Proves: Azure OpenAI, and other vendors by fake (Groq, Together, Mistral: speaking)
import { gzipSync } from 'node:zlib';
import { writeWav } from '#src/audio/formats/wav.ts';
import { encodeSound, makeTone } from '#test/fakes/providers/mock-sound.ts';
import {
  type DialectReply,
  type DialectRequest,
  makeReply,
  replyEvents,
  replyJson,
  replySound,
} from './dialect.ts';
import { replySpeech, type StrictManners, strictRateHz } from './strict-server.ts';

type Body = DialectRequest['body'];

export const voiceText = 'Two of them.';
const toError = (message: string, overrides: object = {}) => ({
  error: { message, ...overrides },
});
const toTone = (input: unknown, hz = strictRateHz) => makeTone(`${input}`, hz);
const toWav = (input: unknown) =>
  writeWav({ samples: toTone(input), rateHz: strictRateHz, channels: 1 });
const toPcm = (input: unknown) => encodeSound(toTone(input), strictRateHz, 'pcm');
const toBase64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64');

const refuseField = (
  field: string,
  status: number,
  body: unknown,
  when?: (value: unknown) => boolean,
): StrictManners => ({
  refuses: [{ role: 'speech', field, status, body, isRefused: when }],
});

const isNot =
  (...known: readonly string[]) =>
  (value: unknown) =>
    !known.includes(`${value}`);

/** Servers that refuse a part of a request for speech, at least one of those that we added ourselves. */
export const pickyVoices: Readonly<Record<string, () => StrictManners>> = {
  // https://console.groq.com/docs/text-to-speech
  'Groq, formats': () =>
    refuseField(
      'response_format',
      400,
      toError('response_format must be one of [wav]', {
        type: 'invalid_request_error',
      }),
      isNot('wav'),
    ),
  'a list of formats': () =>
    refuseField(
      'response_format',
      422,
      {
        detail: [
          { loc: ['body', 'response_format'], msg: "Input should be 'wav' or 'flac'" },
        ],
      },
      isNot('wav', 'flac'),
    ),
  'a format without a reason': () =>
    refuseField('response_format', 400, toError('Bad Request'), isNot('wav')),
  'a format with a crash': () =>
    refuseField('response_format', 500, 'KeyError: pcm', isNot('wav')),
  // https://github.com/matatonic/openedai-speech and servers of Python behind it
  'stream, with a crash': () =>
    refuseField(
      'stream',
      500,
      "TypeError: create_speech() got an unexpected keyword argument 'stream'",
    ),
  'stream, as a field that is forbidden': () =>
    refuseField('stream', 422, {
      detail: [{ type: 'extra_forbidden', loc: ['body', 'stream'] }],
    }),
  'stream, as not implemented': () =>
    refuseField('stream', 501, toError('Streaming is not supported for this model')),
  'stream, without a reason': () => refuseField('stream', 400, toError('Bad Request')),
  instructions: () =>
    refuseField(
      'instructions',
      400,
      toError('Unrecognized request argument supplied: instructions'),
    ),
  'instructions, by the model': () =>
    refuseField(
      'instructions',
      400,
      toError('The model kokoro does not support the parameter `instructions`.'),
    ),
  'instructions, with a crash': () =>
    refuseField('instructions', 500, {
      detail: "unexpected keyword argument 'instructions'",
    }),
  'stream and instructions': () => ({
    refuses: ['stream', 'instructions'].map((field) => ({
      role: 'speech',
      field,
      status: 422,
      body: { detail: `${field}: extra fields not permitted` },
    })),
  }),
};

/** Longest text of Groq's voices. */
export const mostChars = 200;

/** A server that takes short texts alone: https://console.groq.com/docs/text-to-speech/orpheus */
export const makeShortVoice = (status: number, body: unknown): StrictManners =>
  refuseField('input', status, body, (value) => `${value}`.length > mostChars);

export const lengthRefusals: Readonly<Record<string, readonly [number, unknown]>> = {
  Groq: [
    400,
    toError(`Input text exceeds the maximum length of ${mostChars} characters.`, {
      type: 'invalid_request_error',
    }),
  ],
  'a server of FastAPI': [
    422,
    {
      detail: [
        {
          loc: ['body', 'input'],
          msg: `String should have at most ${mostChars} characters`,
        },
      ],
    },
  ],
  'a gateway': [413, { message: `input must be at most ${mostChars} characters long` }],
};

const eventsOf = (body: Body, toEvent: (delta: string) => object) => {
  const bytes = toPcm(body.input);
  const deltas = [0, 1, 2, 3].map((n) =>
    toBase64(bytes.subarray((n * bytes.length) >> 2, ((n + 1) * bytes.length) >> 2)),
  );
  return replyEvents(...deltas.map(toEvent));
};

const answerSpeech = (speech: (body: Body) => DialectReply): StrictManners => ({
  speech: ({ body }) => speech(body),
});

/** Servers that pack their sound in something else. */
export const packedVoices: Readonly<Record<string, () => StrictManners>> = {
  // https://docs.together.ai/docs/inference/text-to-speech/streaming: with `stream` events, and samples alone
  Together: () => ({
    speech: ({ body }) =>
      body.stream === true
        ? eventsOf(body, (delta) => ({
            type: 'conversation.item.audio_output.delta',
            item_id: 'tts_1',
            delta,
          }))
        : replySpeech(body),
    refuses: [
      {
        role: 'speech',
        field: 'response_format',
        isRefused: isNot('mp3', 'wav', 'raw'),
        status: 400,
        body: toError("response_format: Input should be 'mp3', 'wav' or 'raw'"),
      },
    ],
  }),
  // https://docs.mistral.ai/studio/audio/text-to-speech
  Mistral: () =>
    answerSpeech(({ input }) => replyJson({ audio_data: toBase64(toWav(input)) })),
  'JSON with another name': () =>
    answerSpeech(({ input }) =>
      replyJson({ data: { audio: toBase64(toWav(input)), format: 'wav' } }),
    ),
  'JSON called sound': () =>
    answerSpeech(({ input }) =>
      makeReply('audio/wav', [
        JSON.stringify({ audio_content: toBase64(toWav(input)) }),
      ]),
    ),
  // https://platform.openai.com/docs/api-reference/audio/speech-audio-delta-event
  'events of OpenAI': () =>
    answerSpeech((body) =>
      eventsOf(body, (audio) => ({ type: 'speech.audio.delta', audio })),
    ),
  'events without a type': () =>
    answerSpeech((body) => eventsOf(body, (audio_data) => ({ audio_data }))),
  'a data URL': () =>
    answerSpeech(({ input }) =>
      replyJson({ audio: `data:audio/wav;base64,${toBase64(toWav(input))}` }),
    ),
  'packed by gzip': () =>
    answerSpeech(({ input }) => ({
      ...makeReply('audio/pcm', [gzipSync(toPcm(input))]),
      headers: { 'content-type': 'audio/pcm', 'content-encoding': 'gzip' },
    })),
};

/** Labels from which the rate of bare samples is read. */
export const rateLabels: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'x-sample-rate': { 'content-type': 'audio/pcm_s16le', 'x-sample-rate': '22050' },
  'x-audio-sample-rate': {
    'content-type': 'audio/pcm',
    'x-audio-sample-rate': '22050',
  },
  'sample-rate': { 'content-type': 'application/octet-stream', 'sample-rate': '22050' },
  'a rate in the type': { 'content-type': 'audio/L16; rate=22050; channels=1' },
  'x-audio-rate': { 'content-type': 'audio/pcm', 'x-audio-rate': '22050 Hz' },
};
export const labelledRateHz = 22_050;
export const makeLabelled = (
  headers: Readonly<Record<string, string>>,
): StrictManners =>
  answerSpeech(({ input }) => ({
    ...replySound(
      '',
      encodeSound(toTone(input, labelledRateHz), labelledRateHz, 'pcm'),
    ),
    headers,
  }));

/** Bodies with status 200 that are no sound. */
export const soundlessBodies: Readonly<
  Record<string, readonly [string, string | Uint8Array]>
> = {
  'a plain error called MP3': ['audio/mpeg', 'Internal Server Error'],
  'the same called samples': ['audio/pcm', 'Internal Server Error'],
  'the same called WAV': ['audio/wav', 'Internal Server Error'],
  'a long error with an umlaut': [
    'audio/pcm',
    `Der Dienst ist nicht verf\u00fcgbar. ${'Bitte versuchen Sie es erneut. '.repeat(17)}`,
  ],
  'no label': ['', 'upstream connect error or disconnect/reset before headers'],
  'bytes of no use': ['application/octet-stream', 'ok'],
  'YAML called samples': [
    'audio/pcm',
    'error:\n  code: 17\n  message: out of memory\n',
  ],
  'an error in Japanese': [
    'audio/pcm',
    '\u5185\u90e8\u30b5\u30fc\u30d0\u30fc\u30a8\u30e9\u30fc',
  ],
  nothing: ['audio/pcm', ''],
  'a click of 40 ms': ['audio/pcm', toPcm(voiceText).subarray(0, 1_920)],
  'a WAV head without sound': ['audio/wav', toWav('').subarray(0, 44)],
};

export const makeSoundless = ([type, body]: readonly [
  string,
  string | Uint8Array,
]): StrictManners => answerSpeech(() => makeReply(type, [body]));

/** A 400 for `stream` beside another pace than the usual one. */
export const makePaced = (): StrictManners => ({
  refuses: [
    {
      role: 'speech',
      isRefused: (body) =>
        Object(body).stream === true && ![undefined, 1].includes(Object(body).speed),
      status: 400,
      body: toError('speed is not supported with stream: true'),
    },
  ],
});

/** Forms of a list of voices, all of which begin with af_bella. */
export const voiceLists: Readonly<Record<string, unknown>> = {
  'Kokoro-FastAPI': { voices: ['af_bella', 'am_adam'] },
  speaches: { data: [{ id: 'af_bella' }, { id: 'am_adam' }] },
  'objects with names': { voices: [{ name: 'af_bella' }, { name: 'am_adam' }] },
  'a bare list': ['af_bella', 'am_adam'],
  'keys by name': { voices: { af_bella: {}, am_adam: {} } },
};

export const makeListing = (list: unknown): StrictManners => ({
  pages: { 'GET /v1/audio/voices': list },
  ...refuseField(
    'voice',
    400,
    { detail: { error: 'validation_error', message: "Voice 'alloy' not found" } },
    isNot('af_bella', 'am_adam'),
  ),
});
