import { runDoctor } from '#doctor/doctor.ts';
import { speakProbe } from '#src/probes/engine-probes.ts';
import { tryProbe } from '#src/probes/probe.ts';
import { openClient } from '#src/provider/api-client.ts';
import { OpenAiSynthesizer } from '#src/speech/openai/openai-synthesizer.ts';
import type { Synthesizer } from '#src/speech/speech-engine.ts';
import { VirtualClock } from '#test/fakes/virtual-clock.ts';
import { answerSpeech, type FakeRoute, openExaminedServer } from './run-examination.ts';

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
