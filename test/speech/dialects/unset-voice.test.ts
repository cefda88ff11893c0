import { collectSound } from '#test/contracts/synthesizer-contract.ts';
import {
  answerJson,
  answerSpeech,
  type FakeRoute,
  openExaminedServer,
} from '#test/doctor/run-examination.ts';
import { makeTone } from '#test/fakes/providers/mock-sound.ts';
import { openBotDoors } from './bot-doors.ts';

/** A speech server that takes these voices alone, with what it says of them. */
function openVoices(voices: readonly string[], refusal: object, list?: object) {
  const speakKnownVoice: FakeRoute = (response, request) => {
    const isKnown = voices.includes(`${request.body.voice}`);
    (isKnown ? answerSpeech(24_000) : answerJson(refusal, 400))(response, request);
  };
  return openExaminedServer({
    'POST /v1/audio/speech': speakKnownVoice,
    ...(list && { 'GET /v1/audio/voices': answerJson(list) }),
  });
}

const elsewhere = 'http://127.0.0.1:9/v1';

/** Speaks twice with SPEECH_BASE_URL alone, and returns the voices that the server was asked for. */
async function speakTwice(server: Awaited<ReturnType<typeof openVoices>>) {
  await using bot = await openBotDoors({
    CHAT_COMPLETION_BASE_URL: elsewhere,
    TRANSCRIPTION_BASE_URL: elsewhere,
    SPEECH_BASE_URL: `${server.origin}/v1`,
  });
  for (const text of ['Hello there.', 'Good morning.']) {
    const { samples, rateHz } = await collectSound(bot.synthesizer, text);
    expect(samples).toEqual(makeTone(text, rateHz, 20));
  }
  return server.asked.flatMap(({ body: { voice } }) => voice ?? []);
}

test('SPEECH_BASE_URL alone speaks in the first voice of the list, from the first sentence on', async () => {
  const refusal = { detail: "Voice 'alloy' is not available" };
  using server = await openVoices(['af_bella'], refusal, {
    voices: ['af_bella', 'am_adam'],
  });
  expect(await speakTwice(server)).toEqual(['af_bella', 'af_bella']);
});

test.each([
  ['value must be one of [Fritz-PlayAI, Aaliyah-PlayAI]', 'Fritz-PlayAI'],
  ["Voice 'alloy' not found. Available voices: af_bella, am_adam", 'af_bella'],
  ["Input should be 'tara', 'leah' or 'jess'", 'tara'],
  ['unknown voice; supported voices are: "Ana Maria", "Ben"', 'Ana Maria'],
  ['voice: must be one of [nova shimmer]', 'nova'],
  ['`voice` is invalid, choose from alloy, en-US-Ava', 'en-US-Ava'],
])(
  'a server without a list, that refuses alloy with %j, is asked for %s',
  async (message, voice) => {
    const refusal = { error: { message, param: 'voice' } };
    using server = await openVoices([voice], refusal);
    const requests = await speakTwice(server);
    expect([...new Set(requests)]).toEqual(['alloy', voice]);
    expect(requests.slice(-2)).toEqual([voice, voice]);
  },
);

test.each([
  'response_format must be one of [wav]',
  "Input should be 'wav' or 'flac'",
  'model: must be one of [orpheus]',
  'The voice is not available. Please see our documentation.',
])('no voice is taken from %j', async (message) => {
  using server = await openVoices(['af_bella'], { error: { message } });
  const pending = speakTwice(server);
  await expect(pending).rejects.toThrow('400');
  const voices = server.asked.flatMap(({ body: { voice } }) => voice ?? []);
  expect(new Set(voices)).toEqual(new Set(['alloy']));
});
