import {
  answerJson,
  answerModels,
  answerSpeech,
  answerStream,
  openExaminedServer,
  runExamination,
} from './run-examination.ts';

const answerContent = (content: string) =>
  answerStream({ choices: [{ index: 0, delta: { content }, finish_reason: 'stop' }] });
const refuses = answerJson(
  { error: { message: 'Unknown, says http://10.0.0.5:4000/v1' } },
  400,
);

test('a report on a server says what it does differently, and can be published', async () => {
  let transcript = 'one two three four five six seven eight nine ten';
  using server = await openExaminedServer({
    'GET /v1/models': answerModels('mind', 'whisper'),
    'POST /v1/chat/completions': (response, request) =>
      (request.body.parley_doctor ? refuses : answerContent('ok'))(response, request),
    'POST /v1/audio/transcriptions': (response, request) => {
      answerJson({ text: transcript })(response, request);
      transcript = 'Thank you.';
    },
    'POST /v1/audio/speech': answerSpeech(24_000),
  });
  const { about, text } = await runExamination(['--provider', server.origin]);
  for (const item of ['streaming', 'unknown field', 'long prompt', 'silence', 'noise'])
    expect(about(item)).toMatch(/^differs/);
  expect(about('sound format')).toBe(
    'ok sound format mind: rates in Hz: wav 24000, wav 24000',
  );
  const long = server.asked.find(({ raw }) => raw.includes('secret sign'));
  expect(long?.raw.length).toBeGreaterThan(20_000);
  expect(text).not.toContain('10.0.0.5');
});

test('a voice that the server does not have is named with two of those that it has', async () => {
  using server = await openExaminedServer({
    'GET /v1/audio/voices': answerJson({ voices: ['af_heart', 'af_sky'] }),
    'POST /v1/audio/speech': answerJson(
      { detail: "Voice 'alloy' is not available" },
      400,
    ),
  });
  const { mendOf } = await runExamination([], {
    SPEECH_BASE_URL: `${server.origin}/v1`,
    SPEECH_VOICE: 'alloy',
  });
  expect(mendOf('speak')).toBe(
    'alloy is none of its voices: set SPEECH_VOICE to af_heart or af_sky',
  );
});
