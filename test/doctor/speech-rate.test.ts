import {
  answerJson,
  answerSpeech,
  type FakeRoute,
  openExaminedServer,
  runExamination,
} from './run-examination.ts';

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
