import { runDoctor } from '#doctor/doctor.ts';
import { speakProbe } from '#src/probes/engine-probes.ts';
import { tryProbe } from '#src/probes/probe.ts';
import { openClient } from '#src/provider/api-client.ts';
import { OpenAiSynthesizer } from '#src/speech/openai/openai-synthesizer.ts';
import type { Synthesizer } from '#src/speech/speech-engine.ts';
import { VirtualClock } from '#test/fakes/virtual-clock.ts';
import {
  answerJson,
  answerSpeech,
  type FakeRoute,
  openExaminedServer,
  runExamination,
} from './run-examination.ts';

const testSentence =
  'One two three four five six seven eight nine ten. This is how the voice of a server sounds.';

/** A recogniser that answers every clip with this text. */
const answerText =
  (text: string): FakeRoute =>
  (response) =>
    void response.writeHead(200, { 'content-type': 'text/plain' }).end(text);

/** Findings about such a recogniser. */
async function examineEars(text: string, settings: NodeJS.ProcessEnv = {}) {
  using server = await openExaminedServer({
    'POST /v1/audio/transcriptions': answerText(text),
  });
  const address = { TRANSCRIPTION_BASE_URL: `${server.origin}/v1` };
  return await runExamination([], { ...address, ...settings }, 50_000);
}

test('a recogniser that sends bare text is told by the words of the clip, and the setting mends it', async () => {
  const match = await examineEars(testSentence);
  expect(match.mendOf('recognise')).toBe('set TRANSCRIPTION_PLAIN_TEXT=true');
  const mended = await examineEars(testSentence, { TRANSCRIPTION_PLAIN_TEXT: 'true' });
  expect(mended.about('recognise')).toMatch(/^ok/);
});

test('an error in bare text is no transcript, and no setting is advised', async () => {
  const match = await examineEars('Internal Server Error');
  expect(match.about('recognise')).toMatch(/missing|failed|fail/);
  expect(match.mendOf('recognise')).not.toContain('set TRANSCRIPTION_PLAIN_TEXT');
});

/** A speech server whose voice has this rate, and which never labels it. */
const voiceAt =
  (rateHz: number, hasWav = true): FakeRoute =>
  (response, request) => {
    const isRefused = request.body.response_format === 'wav' && !hasWav;
    (isRefused ? answerJson({ detail: 'no such format' }, 422) : answerSpeech(rateHz))(
      response,
      request,
    );
  };

/** Findings about the configured voice of such a server. */
async function examineVoice(route: FakeRoute, settings: NodeJS.ProcessEnv = {}) {
  using server = await openExaminedServer({ 'POST /v1/audio/speech': route });
  return await runExamination([], {
    SPEECH_BASE_URL: `${server.origin}/v1`,
    ...settings,
  });
}

test.each([22_050, 16_000, 48_000])(
  'raw samples of %i Hz that are read as 24000 Hz are told by WAV of the same server, and the setting mends it',
  async (rateHz) => {
    const { about, code, mendOf } = await examineVoice(voiceAt(rateHz));
    expect(about('rate')).toBe(
      `differs rate kokoro: pcm is played at 24000 Hz, but WAV of this server has ${rateHz} Hz`,
    );
    expect([code, mendOf('rate')]).toEqual([
      0,
      `set SPEECH_RATE_HZ=${rateHz}, or SPEECH_FORMAT=wav`,
    ]);
    for (const mend of [{ SPEECH_RATE_HZ: `${rateHz}` }, { SPEECH_FORMAT: 'wav' }]) {
      const mended = await examineVoice(voiceAt(rateHz), mend);
      expect(mended.about('rate')).toBeUndefined();
      expect(mended.about('speak')).toMatch(/kokoro: 1\.8 s of sound/);
    }
  },
);

test('a rate that was measured wrong is used for the words that are recognised', async () => {
  let uploadSeconds = 0;
  using server = await openExaminedServer({
    'POST /v1/audio/speech': voiceAt(16_000),
    'POST /v1/audio/transcriptions': (response, request) => {
      const wav = Buffer.from(request.raw.slice(request.raw.indexOf('RIFF')), 'latin1');
      uploadSeconds = wav.readUInt32LE(40) / 2 / 16_000;
      answerJson({ text: 'one two three four five six seven eight' })(
        response,
        request,
      );
    },
  });
  const address = `${server.origin}/v1`;
  const { about } = await runExamination([], {
    SPEECH_BASE_URL: address,
    TRANSCRIPTION_BASE_URL: address,
  });
  expect(about('rate')).toMatch(/^differs/);
  expect(about('speak')).toMatch(/kokoro: 1\.8 s of sound/);
  expect(uploadSeconds).toBeCloseTo(1.8, 1);
});

test('nothing is said of a rate that is right, labelled, or cannot be known', async () => {
  const labelled = answerSpeech(16_000, undefined, 'audio/pcm; rate=16000');
  for (const route of [voiceAt(24_000), labelled, voiceAt(16_000, false)]) {
    const { about } = await examineVoice(route);
    expect([about('rate'), about('speak')]).toEqual([
      undefined,
      expect.stringMatching(/^ok/),
    ]);
  }
});

/** Sound of a real server that sends half of it after `halfMs`, and the rest at `wholeMs`, once the half was heard. */
async function measureStreaming(
  text: string,
  format: 'pcm' | 'wav',
  halfMs: number,
  wholeMs: number,
) {
  const clock = new VirtualClock();
  const hearing = Promise.withResolvers<void>();
  const route = answerSpeech(24_000, async (response, bytes) => {
    await clock.advance(halfMs);
    const half = halfMs === wholeMs ? bytes.length : bytes.length / 2;
    response.write(bytes.subarray(0, half));
    if (halfMs !== wholeMs) await hearing.promise;
    await clock.advance(wholeMs - halfMs);
    response.end(bytes.subarray(half));
  });
  using server = await openExaminedServer({ 'POST /v1/audio/speech': route });
  const client = openClient({ baseUrl: `${server.origin}/v1` });
  const voice = new OpenAiSynthesizer(client, { model: 'tts', voice: 'alloy', format });
  const synthesizer: Synthesizer = {
    async *synthesize(...requests) {
      for await (const pcm of voice.synthesize(...requests)) {
        yield pcm;
        hearing.resolve(); // whoever listens asks for more
      }
    },
  };
  return await tryProbe(
    speakProbe,
    {
      synthesizer,
      voice: {},
      text,
      deadlines: { firstMs: 5_000, maxFirstMs: 20_000 },
    },
    { clock, deadlineMs: 60_000 },
  );
}

/** Texts by the seconds that they take at the 20 ms a character of the server. */
const texts = {
  '4.0': 'This is how a voice sounds. '.repeat(8).slice(0, 200),
  '0.3': 'Two words.',
};

test.each([
  ['pcm', '4.0', 300, 3_000, 'it streams'],
  ['wav', '4.0', 300, 3_000, 'it streams'],
  ['pcm', '0.3', 200, 900, 'it streams'],
  ['pcm', '4.0', 3_000, 3_000, 'it does not stream'],
  ['wav', '4.0', 3_000, 3_000, 'it does not stream'],
  ['pcm', '4.0', 3_000, 3_200, 'it does not stream'],
  // One piece of a stream would look the same.
  ['pcm', '0.3', 3_000, 3_000, 'too little to tell whether it streams'],
  // It was as quick as a stream.
  ['pcm', '4.0', 40, 40, 'too little to tell whether it streams'],
  ['pcm', '4.0', 40, 120, 'too little to tell whether it streams'],
  // It loaded a model first, or its connection is slow.
  ['pcm', '4.0', 5_000, 6_000, 'too little to tell whether it streams'],
] as const)(
  'a server whose %s of %s s begins after %i ms and is whole after %i ms: %s',
  async (format, seconds, halfMs, wholeMs, verdict) => {
    const {
      mend,
      verdict: state,
      reason,
    } = await measureStreaming(texts[seconds], format, halfMs, wholeMs);
    const times = `first sound after ${halfMs} ms, last byte after ${wholeMs} ms`;
    expect(reason).toBe(`${seconds} s of sound, ${times}: ${verdict}`);
    const isTold = verdict === 'it does not stream';
    expect([state, mend]).toEqual(
      isTold
        ? ['differs', expect.stringContaining('proxy_buffering off')]
        : ['ok', undefined],
    );
  },
);

test('a voice that is later than the bot waits is told what to set', async () =>
  expect(await measureStreaming(texts['0.3'], 'wav', 30_000, 30_000)).toMatchObject({
    verdict: 'differs',
    reason: expect.stringMatching(/; the bot waits 20 s at most$/),
    mend: 'set SPEECH_FIRST_BYTE_SECONDS=60, or choose a smaller model',
  }));

test('the doctor measures each voice, the fallback too, once the request before has loaded its model', async () => {
  const clock = new VirtualClock();
  const lines: string[] = [];
  let askedCount = 0;
  /** A model that loads in 9 s when it was not used, and sends the sentence, spoken twice, as a whole after 6 s. */
  const answerSlowly: FakeRoute = async (response, request) => {
    await clock.advance(askedCount++ % 2 === 0 ? 9_000 : 6_000);
    const twice = {
      ...request,
      body: { ...request.body, input: `${request.body.input}`.repeat(2) },
    };
    answerSpeech(24_000)(response, twice);
  };
  using server = await openExaminedServer({ 'POST /v1/audio/speech': answerSlowly });
  const at = `${server.origin}/v1`;
  const environment = { SPEECH_BASE_URL: at, SPEECH_FALLBACK_BASE_URL: at };
  const code = await runDoctor([], {
    clock,
    deadlineMs: 60_000,
    print: (line) => lines.push(line),
    environment,
  });
  const spoken = lines.filter((line) => line.includes('of sound'));
  const told =
    /^ +differs +speak +kokoro: 3\.6 s of sound, first sound after 6000 ms, last byte after 6000 ms: it does not stream; the bot waits 20 s at most$/;
  expect([code, spoken]).toEqual([
    0,
    [expect.stringMatching(told), expect.stringMatching(told)],
  ]);
});
