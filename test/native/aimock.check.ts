import { writeWav } from '#src/audio/formats/wav.ts';
import { joinTexts } from '#test/contracts/pipeline-contract.ts';
import { transcribeText } from '#test/contracts/transcriber-contract.ts';
import { makeTone } from '#test/fakes/providers/mock-sound.ts';
import { speakWords } from '#test/fakes/tone-words.ts';
import { openBotDoors } from '#test/speech/dialects/bot-doors.ts';
import { joinWholeSound } from '#test/speech/dialects/dialect-case.ts';

const { AIMOCK } = process.env;
const baseUrl = `${AIMOCK}/v1`;
const settings = {
  CHAT_COMPLETION_BASE_URL: baseUrl,
  CHAT_COMPLETION_MODEL: 'gpt-6-luna',
  TRANSCRIPTION_BASE_URL: baseUrl,
  TRANSCRIPTION_MODEL: 'whisper-1',
  SPEECH_BASE_URL: baseUrl,
  SPEECH_MODEL: 'tts-1',
  SPEECH_VOICE: 'alloy',
  SPEECH_FORMAT: 'wav',
  REALTIME_BASE_URL: baseUrl,
  REALTIME_MODEL: 'gpt-realtime',
};
const rateHz = 24_000;
const samples = makeTone('Two of them, and one more.', rateHz);
const wav = Buffer.from(writeWav({ samples, rateHz, channels: 1 }));
const lamp = { name: 'lamp', arguments: { on: true }, id: 'call_lamp' };

/** What aimock answers to what, in its own form: https://aimock.copilotkit.dev/docs */
const fixtures = [
  {
    match: { endpoint: 'transcription' },
    response: { transcription: { text: 'Lamp on, please.' } },
  },
  {
    match: { endpoint: 'speech' },
    response: { audio: wav.toString('base64'), format: 'wav' },
  },
  { match: { toolCallId: 'call_lamp' }, response: { content: 'The lamp is on.' } },
  { match: { userMessage: 'Lamp' }, response: { toolCalls: [lamp] } },
  {
    match: { userMessage: 'flagged' },
    response: { error: { message: 'Overloaded.', type: 'server_error' }, status: 503 },
  },
  {
    match: { userMessage: 'limited' },
    response: {
      error: { message: 'Rate limit reached.', code: 'rate_limit_exceeded' },
      status: 429,
      retryAfter: 30,
    },
  },
  {
    match: { userMessage: 'broken' },
    chunkSize: 8,
    truncateAfterChunks: 3,
    response: {
      content: 'This sentence ends in the middle of the third of its parts.',
    },
  },
  {
    match: { userMessage: 'garbled' },
    chaos: { malformedRate: 1 },
    response: { content: 'Well.' },
  },
  {
    match: { userMessage: 'think' },
    response: { content: 'Earl Grey.', reasoning: 'They want tea.' },
  },
  { match: { userMessage: 'Ana' }, response: { content: 'Two of them. One more.' } },
];

beforeAll(async () => {
  const headers = { 'content-type': 'application/json' };
  const body = JSON.stringify({ fixtures });
  const added = await fetch(`${AIMOCK}/__aimock/fixtures`, {
    method: 'POST',
    headers,
    body,
  });
  expect(added.status).toBe(200);
});

// Proves: aimock by real (1.43.0: all roles)
test('what a person says is heard by aimock, its call runs once, and the result is said', async () => {
  await using bot = await openBotDoors(settings);
  const transcript = await transcribeText(
    bot.transcriber,
    speakWords('one two three').pcm,
  );
  expect(transcript).toBe('Lamp on, please.');
  const { parts, error } = await bot.answer(transcript);
  expect([error, joinTexts(parts)]).toEqual([undefined, 'The lamp is on.']);
  expect(bot.host.ran).toMatchObject([{ name: 'lamp', argumentsJson: '{"on":true}' }]);
  expect(joinWholeSound(parts).samples).toEqual(samples);
});

test.each([
  ['Hello?', 'Two of them. One more.', undefined],
  ['What do you think?', 'Earl Grey.', undefined],
  ['This is limited.', '', 'provider.rate_limited'],
  ['This is flagged.', '', 'provider.refused'],
  ['This is garbled.', '', /^provider\./],
  // It destroys the connection, and what it had sent may be lost on the way.
  ['This is broken.', '', /^provider\.(?:truncated|unreachable)/],
] as const)('aimock says to "%s": "%s", and fails by %s', async (asks, says, code) => {
  await using bot = await openBotDoors(settings);
  const { parts, error } = await bot.answer(asks);
  expect(joinTexts(parts)).toContain(says);
  expect((error as { code?: string } | undefined)?.code).toEqual(
    code instanceof RegExp ? expect.stringMatching(code) : code,
  );
});

test('a Realtime answer of aimock, which it only writes, is read aloud', async () => {
  await using bot = await openBotDoors({ ...settings, PIPELINE: 'realtime' });
  const { parts, error } = await bot.answer('Hello?');
  expect([error, joinTexts(parts)]).toEqual([undefined, 'Two of them. One more.']);
  expect(parts.some(({ kind }) => kind === 'audio')).toBe(true);
  expect(bot.news.filter(({ kind }) => kind === 'fallback-on')).toEqual([]);
});
