import type { Pcm } from '#src/audio/pcm.ts';
import { BotError } from '#src/base/errors.ts';
import { readClip } from '#test/audio/clip-archive.ts';
import { encodeSound, makeTone } from '#test/fakes/providers/mock-sound.ts';
import { listRows } from '#test/properties.ts';
import {
  type AnswerSpeech,
  encodeTone,
  joinPcm,
  openSpeechBot,
  type SpeechAnswer,
} from './speech-server.ts';

const never = new AbortController().signal;
const text = 'Two of them are on their way.';
const tone: Int16Array = makeTone(text, 24_000);
const toneBytes = encodeTone(text);
const labels = [
  '',
  'audio/mpeg',
  'audio/pcm',
  'audio/wav',
  'application/octet-stream',
  'text/plain',
  'application/json',
  'text/event-stream',
];

/** Everything that is heard of one answer, and the error after it. */
async function listenToAnswer(
  answer: AnswerSpeech,
  spokenText = text,
  overrides = {},
  speed?: number,
) {
  await using bot = await openSpeechBot(answer, overrides);
  const heardSounds: Pcm[] = [];
  try {
    const sound = bot.synthesizer.synthesize(
      spokenText,
      { ...(speed && { speed }) },
      never,
    );
    for await (const pcm of sound) heardSounds.push(pcm);
  } catch (error) {
    return { heard: heardSounds, error, events: bot.events };
  }
  return { heard: heardSounds, error: undefined, events: bot.events };
}

const sendPieces =
  (type: string, ...pieces: readonly (string | Uint8Array)[]): AnswerSpeech =>
  () => ({
    headers: type === '' ? {} : { 'content-type': type },
    pieces,
  });

const errorTexts: readonly (string | Uint8Array)[] = [
  'Internal Server Error',
  'no',
  'You exceeded your current quota, sorry.',
  'upstream connect error or disconnect/reset before headers\r\n',
  `Der Server ist \u00fcberlastet. ${'Bitte versuchen Sie es in einigen Minuten noch einmal. '.repeat(10)}`,
  Buffer.from(
    `Der Server ist \u00fcberlastet. ${'Bitte warten. '.repeat(30)}`,
    'latin1',
  ),
  '\u30b5\u30fc\u30d0\u30fc\u30a8\u30e9\u30fc\u304c\u767a\u751f\u3057\u307e\u3057\u305f\u3002'.repeat(
    20,
  ),
  '\u041e\u0448\u0438\u0431\u043a\u0430 \u0441\u0435\u0440\u0432\u0435\u0440\u0430',
  'Traceback (most recent call last):\n\tFile "app.py", line 1\n'.repeat(40),
  '{"message":"out of memory"}',
  '[]',
  '"busy"',
  'data: {"type":"ping"}\n\ndata: [DONE]\n\n',
];

test.each(
  listRows(
    errorTexts.map(
      (body, n) => [Buffer.from(body).toString('utf8').slice(0, 24), body, n] as const,
    ),
  ),
)('%s: an error text is never heard, whatever its label', async (_, body, n) => {
  const bytes = [...Buffer.from(body)].slice(0, 80).map((byte) => Buffer.of(byte));
  const answers = [
    // Each label stands before several texts, and before the first text all of them do.
    ...labels
      .filter((_, index) => n === 0 || (index + n) % 3 === 0)
      .map((label) => sendPieces(label, body)),
    sendPieces(labels[n % labels.length] ?? '', ...bytes),
  ];
  for (const answer of answers) {
    const { error, heard } = await listenToAnswer(answer);
    expect(heard).toEqual([]);
    expect(error).toMatchObject({ name: 'BotError', code: 'provider.wrong_type' });
  }
});

test('the sentence of an error text is kept for the operator', async () => {
  const { error } = await listenToAnswer(
    sendPieces('audio/mpeg', 'CUDA is out of memory'),
  );
  expect(error).toBeInstanceOf(BotError);
  expect(error).toMatchObject({
    message: expect.stringContaining('a text in place of sound'),
    about: { serverMessage: 'CUDA is out of memory' },
  });
});

test('a status inside an answer of status 200 counts as that status', async () => {
  for (const body of [
    '{"error":{"message":"slow down","code":429}}',
    'data: {"error":{"message":"slow down","code":429}}\n\n',
  ])
    expect((await listenToAnswer(sendPieces('audio/mpeg', body))).error).toMatchObject({
      code: 'provider.rate_limited',
    });
});

test('a text that a server appends to its sound is not heard, and the sound fails', async () => {
  for (const tail of [
    'Internal Server Error',
    'Die Verbindung wurde unterbrochen, \u00fcberlastet. '.repeat(4),
  ]) {
    for (const pieces of [
      [toneBytes, tail],
      [Buffer.concat([toneBytes, Buffer.from(tail)])],
    ]) {
      const { error, heard } = await listenToAnswer(sendPieces('audio/pcm', ...pieces));
      const samples = joinPcm(heard);
      expect(samples).toEqual(tone.subarray(0, samples.length));
      expect(samples.length).toBeGreaterThan(tone.length - 16);
      expect(error).toMatchObject({ code: 'provider.truncated' });
    }
  }
});

test('sound that cannot hold its text is a failure and is not heard, where it ends at once', async () => {
  const longText =
    'It is a long story, and nobody could tell all of it in a quarter of a second. '.repeat(
      3,
    );
  for (const [spokenText, ms, speed] of [
    [text, 99, 1],
    [text, 60, 1.5],
    ['Hm.', 99, 1],
    [longText, 1_500, 1],
    [longText, 900, 2],
    ['\u4f60\u597d\uff0c\u4eca\u5929\u5929\u6c14\u5f88\u597d\u3002', 99, 1],
  ] as const) {
    const sound = toneOf(ms);
    const { error, heard } = await listenToAnswer(
      sendPieces('audio/pcm', sound),
      spokenText,
      {},
      speed,
    );
    if (ms < 100) expect(heard).toEqual([]);
    expect([spokenText, ms, error]).toMatchObject([
      spokenText,
      ms,
      { code: 'provider.truncated' },
    ]);
  }
});

function toneOf(ms: number) {
  return encodeSound(
    makeTone('x'.repeat(100), 24_000).subarray(0, ms * 24),
    24_000,
    'pcm',
  );
}

test('short texts, signs and a fast pace need little sound', async () => {
  for (const [spokenText, ms, speed] of [
    ['Hm.', 110, 1],
    ['5', 110, 1],
    ['\u2026', 110, 1],
    ['\u{1f600}'.repeat(40), 110, 1],
    ['\u4f60\u597d\uff0c\u4eca\u5929\u5929\u6c14\u5f88\u597d\u3002', 110, 1],
    ['Yes.', 55, 2],
    [text, 290, 1],
  ] as const) {
    const { error } = await listenToAnswer(
      sendPieces('audio/pcm', toneOf(ms)),
      spokenText,
      {},
      speed,
    );
    expect(error).toBeUndefined();
  }
});

test('a fallback speaks in place of a server that sends too little, or a text', async () => {
  for (const answer of [
    sendPieces('audio/pcm', toneOf(30)),
    sendPieces('audio/mpeg', 'Internal Server Error'),
  ]) {
    await using other = await openSpeechBot(sendPieces('audio/pcm', toneBytes));
    const { error, heard, events } = await listenToAnswer(answer, text, {
      SPEECH_FALLBACK_BASE_URL: `${other.origin}/v1`,
      SPEECH_FALLBACK_VOICE: 'leah',
    });
    expect(error).toBeUndefined();
    expect(joinPcm(heard)).toEqual(tone);
    expect(events).toContainEqual(
      expect.objectContaining({ kind: 'failed', role: 'text to speech' }),
    );
  }
});

const mp3 = readClip('test/fixtures/sounds', 'digits.mp3');
const toBase64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64');
const wav = encodeTone(text, 'wav');
const floats = Buffer.from(Float32Array.from(tone, (sample) => sample / 32_767).buffer);
const quietStart = Buffer.concat([Buffer.alloc(9_600), floats]);

/** Sound in base64 as servers write it: Mistral, ElevenLabs, MiniMax (hexadecimal), Google, PHP, and made-up ones. */
const encoded: readonly (readonly [string, string])[] = [
  ['audio_data with WAV', JSON.stringify({ audio_data: toBase64(wav) })],
  ['audio_data with floats', JSON.stringify({ audio_data: toBase64(floats) })],
  [
    'audio beside other fields',
    JSON.stringify({
      id: 'a'.repeat(64),
      model: 'tts',
      audio: toBase64(wav),
      usage: { characters: 3 },
    }),
  ],
  ['a list of pictures', JSON.stringify({ data: [{ b64_json: toBase64(wav) }] })],
  [
    'a list of pieces',
    JSON.stringify({
      chunks: [
        toBase64(toneBytes.subarray(0, 9_001)),
        toBase64(toneBytes.subarray(9_001)),
      ],
    }),
  ],
  [
    'a name that nobody knows',
    JSON.stringify({ result: { payload: { zorp: toBase64(wav) } } }, null, 2),
  ],
  [
    'hexadecimal digits',
    JSON.stringify({
      data: { audio: wav.toString('hex'), status: 2 },
      base_resp: { status_code: 0 },
    }),
  ],
  [
    'a data address',
    JSON.stringify({ audio: `data:audio/wav;base64,${toBase64(wav)}` }),
  ],
  ['escaped slashes', JSON.stringify({ audio: toBase64(wav) }).replaceAll('/', '\\/')],
  ['the alphabet of addresses', JSON.stringify({ audio: wav.toString('base64url') })],
  [
    'lines of 76 characters',
    JSON.stringify({ audio: toBase64(wav).replace(/.{76}/g, '$&\n') }),
  ],
  ['a JSON string', JSON.stringify(toBase64(wav))],
  ['nothing around it', toBase64(wav)],
  ['a bare data address', `data:audio/wav;base64,${toBase64(wav)}`],
  [
    'samples with their rate',
    JSON.stringify({
      audio: toBase64(encodeTone(text, 'pcm', 16_000)),
      sample_rate: 16_000,
    }),
  ],
  [
    'JSON lines',
    splitBytes(toneBytes)
      .map(
        (piece) =>
          `${JSON.stringify({ audio_base64: toBase64(piece), alignment: null })}\n`,
      )
      .join(''),
  ],
];

function splitBytes(bytes: Uint8Array, size = 4_801) {
  return Array.from({ length: Math.ceil(bytes.length / size) }, (_, n) =>
    bytes.subarray(n * size, (n + 1) * size),
  );
}

test.each(listRows(encoded))(
  'JSON with %s is heard, whatever its label',
  async (name, body) => {
    const rateHz = name.includes('rate') ? 16_000 : 24_000;
    for (const label of labels) {
      const { error, heard } = await listenToAnswer(
        sendPieces(label, ...splitBytes(Buffer.from(body), 30_011)),
      );
      expect(error).toBeUndefined();
      const wanted = makeTone(text, rateHz);
      const samples = joinPcm(heard);
      expect(heard[0]?.rateHz).toBe(rateHz);
      expect(samples.length).toBe(wanted.length);
      // Floats lose a part of the last digit.
      expect(
        samples.every((sample, n) => Math.abs(sample - (wanted[n] ?? 0)) <= 1),
      ).toBe(true);
    }
  },
);

test('MP3 in JSON is decoded', async () => {
  const { error, heard } = await listenToAnswer(
    sendPieces('application/json', JSON.stringify({ audio_data: toBase64(mp3) })),
  );
  expect(error).toBeUndefined();
  expect(joinPcm(heard).length).toBeGreaterThan(24_000);
});

/** Events as OpenAI, Together and Mistral write them, and made-up ones. */
const eventForms: readonly (readonly [string, (piece: Uint8Array) => object])[] = [
  ['OpenAI', (piece) => ({ type: 'speech.audio.delta', audio: toBase64(piece) })],
  [
    'Together',
    (piece) => ({
      type: 'conversation.item.audio_output.delta',
      item_id: 'tts_1',
      delta: toBase64(piece),
    }),
  ],
  [
    'Together, formerly',
    (piece) => ({ object: 'audio.tts.chunk', model: 'x', b64: toBase64(piece) }),
  ],
  ['Mistral', (piece) => ({ type: 'speech.audio.delta', audio_data: toBase64(piece) })],
  [
    'an unknown one',
    (piece) => ({ event: { kind: 'zorp', body: [{ bytes: toBase64(piece) }] } }),
  ],
];

test.each(listRows(eventForms))(
  'events of %s are heard as they arrive, whatever their label',
  async (_, form) => {
    // The first piece alone is too short to be told from a word.
    const pieces = [
      toneBytes.subarray(0, 9),
      ...splitBytes(toneBytes.subarray(9), 961),
    ];
    const before = {
      type: 'conversation.item.word_timestamps',
      words: ['Two', 'them'],
      delta: 'Twos',
    };
    const lines = [
      before,
      ...pieces.map(form),
      { type: 'speech.audio.done', usage: { input_tokens: 3 } },
    ].map((event) => `data: ${JSON.stringify(event)}\n\n`);
    for (const label of labels) {
      const { error, heard } = await listenToAnswer(
        sendPieces(label, ': ping\n\n', ...lines, 'data: [DONE]\n\n'),
      );
      expect(error).toBeUndefined();
      expect(joinPcm(heard)).toEqual(tone);
      expect(heard.length).toBeGreaterThan(2);
    }
  },
);

test('an event that repeats all of the sound at the end is not heard again', async () => {
  const events = [...splitBytes(toneBytes), toneBytes].map(
    (piece) =>
      `data: ${JSON.stringify({ data: { audio: Buffer.from(piece).toString('hex') } })}\n\n`,
  );
  const { heard } = await listenToAnswer(sendPieces('text/event-stream', ...events));
  expect(joinPcm(heard)).toEqual(tone);
});

test('an error among events ends the sound, and is told', async () => {
  const sound = JSON.stringify({
    type: 'speech.audio.delta',
    audio: toBase64(toneBytes),
  });
  const failure = JSON.stringify({ error: { message: 'slow down', code: 429 } });
  const { error, heard } = await listenToAnswer(
    sendPieces('text/event-stream', `data: ${sound}\n\n`, `data: ${failure}\n\n`),
  );
  expect(joinPcm(heard)).toEqual(tone);
  expect(error).toMatchObject({ code: 'provider.rate_limited' });
});

const bigEndian = Buffer.from(toneBytes).swap16();
const stereo = Buffer.from(
  Int16Array.from({ length: 2 * tone.length }, (_, n) => tone[n >> 1] ?? 0).buffer,
);
const bytesOf = (
  size: number,
  write: (bytes: Buffer, sample: number, at: number) => void,
) => {
  const bytes = Buffer.alloc(tone.length * size);
  for (const [n, sample] of tone.entries()) write(bytes, sample, n * size);
  return bytes;
};

/** Labels of samples, the bytes of the same tone, and how far a sample may be off. */
const samplesByLabel: [Record<string, string>, Uint8Array, number?][] = [
  [{ 'content-type': 'audio/pcm' }, toneBytes],
  [{ 'content-type': 'audio/pcm_s16le' }, toneBytes],
  [{ 'content-type': 'audio/L16;rate=24000' }, toneBytes],
  [{ 'content-type': 'audio/L16;rate=24000' }, bigEndian],
  [{ 'content-type': 'audio/L16; rate=24000; channels=2' }, stereo],
  [
    { 'content-type': 'audio/L16;rate=24000' },
    Buffer.concat([Buffer.alloc(4_800), bigEndian]),
  ],
  [{ 'content-type': 'audio/pcm_s16be' }, bigEndian],
  [{ 'content-type': 'audio/pcm', 'x-channels': '2' }, stereo],
  [{ 'content-type': 'audio/pcm_f32le' }, floats, 1],
  [{ 'content-type': 'audio/pcm;encoding=float;bits=32' }, floats, 1],
  [{ 'content-type': 'audio/pcm', 'x-bits-per-sample': '32' }, floats, 1],
  [{ 'content-type': 'audio/pcm', 'x-bits-per-sample': '32' }, quietStart, 1],
  [
    { 'content-type': 'audio/pcm', 'x-audio-encoding': 'pcm_s24le' },
    bytesOf(3, (bytes, sample, at) => bytes.writeIntLE(sample * 256, at, 3)),
  ],
  [
    { 'content-type': 'audio/pcm; bits=32' },
    bytesOf(4, (bytes, sample, at) => bytes.writeInt32LE(sample * 65_536, at)),
  ],
  [
    { 'content-type': 'audio/pcm', 'x-bits-per-sample': '8' },
    bytesOf(1, (bytes, sample, at) =>
      bytes.writeUInt8(Math.round(sample / 256) + 128, at),
    ),
    128,
  ],
];

/** G.711: a sign, a segment and four bits. */
function compressSample(sample: number, isMu: boolean) {
  const magnitude = Math.min(32_635, Math.abs(sample)) + (isMu ? 132 : 0);
  const segment = Math.max(0, Math.floor(Math.log2(Math.max(1, magnitude))) - 7);
  const shift = isMu || segment > 0 ? segment + 3 : 4;
  const bits = (segment << 4) | ((magnitude >> shift) & 15);
  const sign = sample < 0 === isMu ? 128 : 0;
  return isMu ? ~(bits | sign) & 255 : (bits | sign) ^ 0x55;
}

test.each([
  ['audio/basic', true],
  ['audio/PCMU;rate=8000', true],
  ['audio/x-mulaw', true],
  ['audio/pcma', false],
  ['audio/x-alaw-basic', false],
])('%s: the logarithms of telephony are expanded', async (type, isMu) => {
  const spoken = makeTone(text, 8_000);
  const bytes = Uint8Array.from(spoken, (sample) => compressSample(sample, isMu));
  const { error, heard } = await listenToAnswer(
    sendPieces(type, ...splitBytes(bytes, 999)),
  );
  const samples = joinPcm(heard);
  expect([error, heard[0]?.rateHz, samples.length]).toEqual([
    undefined,
    8_000,
    spoken.length,
  ]);
  const isNear = samples.every(
    (sample, n) => Math.abs(sample - (spoken[n] ?? 0)) <= 32 + Math.abs(sample) / 16,
  );
  expect(isNear).toBe(true);
});

test.each(samplesByLabel)(
  '%j: samples are read as they are declared',
  async (headers, bytes, tolerance = 0) => {
    const { error, heard } = await listenToAnswer(() => ({
      headers,
      pieces: splitBytes(bytes, 4_807),
    }));
    expect(error).toBeUndefined();
    const samples = joinPcm(heard);
    const sounding = samples.subarray(samples.findIndex((sample) => sample !== 0));
    const wanted = tone.subarray(tone.findIndex((sample) => sample !== 0));
    expect(Math.abs(sounding.length - wanted.length)).toBeLessThan(
      tolerance > 1 ? 200 : 2,
    );
    if (tolerance <= 1)
      expect(
        sounding.every((sample, n) => Math.abs(sample - (wanted[n] ?? 0)) <= tolerance),
      ).toBe(true);
    else expect(Math.max(...samples)).toBeGreaterThan(0.9 * Math.max(...tone));
  },
);

test.each([
  { 'content-type': 'audio/pcm_s16le', 'x-sample-rate': '22050' },
  { 'content-type': 'audio/pcm', 'x-audio-sample-rate': '22050' },
  { 'content-type': 'audio/pcm', 'X-Sampling-Frequency': '22050 Hz' },
  { 'content-type': 'audio/pcm; rate=22050' },
  { 'content-type': 'audio/pcm; sample_rate=22050' },
  { 'content-type': 'audio/pcm;samplerate="22050"' },
  { 'content-type': 'audio/l16;rate=22050' },
  { 'content-type': 'audio/pcm_22050' },
  { 'content-type': 'audio/raw', 'x-audio-format': 'pcm_22050' },
  { 'content-type': 'audio/raw', 'x-output-format': 'raw-22.05khz-16bit-mono-pcm' },
])('%j: the rate is read wherever it stands', async (headers) => {
  const { heard } = await listenToAnswer(
    () =>
      ({ headers, pieces: [encodeTone(text, 'pcm', 22_050)] }) satisfies SpeechAnswer,
  );
  expect(heard[0]?.rateHz).toBe(22_050);
  expect(joinPcm(heard)).toEqual(makeTone(text, 22_050));
});

test('limits and other numbers in headers are no rate', async () => {
  const headers = {
    'content-type': 'audio/pcm',
    'x-ratelimit-limit': '5000',
    'x-bit-rate': '64000',
    'x-speaking-rate': '8000',
    age: '16000',
  };
  const { heard } = await listenToAnswer(() => ({ headers, pieces: [toneBytes] }));
  expect(heard[0]?.rateHz).toBe(24_000);
});

test('the first sound is passed on while the server still waits', async () => {
  const first = Promise.withResolvers<void>();
  await using bot = await openSpeechBot(() => ({
    headers: { 'content-type': 'audio/pcm' },
    pieces: [toneBytes.subarray(0, 960), toneBytes.subarray(960)],
    waitsFor: first.promise,
  }));
  const heardSounds: Pcm[] = [];
  for await (const pcm of bot.synthesizer.synthesize(text, {}, never)) {
    heardSounds.push(pcm);
    first.resolve();
  }
  expect(joinPcm(heardSounds)).toEqual(tone);
  expect(heardSounds[0]?.samples.length).toBe(480);
});

test('a listener who leaves closes a connection that is silent', async () => {
  await using bot = await openSpeechBot(() => ({
    headers: { 'content-type': 'audio/pcm' },
    pieces: [toneBytes.subarray(0, 9_600), ''],
    waitsFor: new Promise(() => undefined),
  }));
  for await (const _ of bot.synthesizer.synthesize(text, {}, never)) break;
  await expect.poll(() => bot.countClosed()).toBe(1);
});
