import { loadOpus } from '#src/audio/opus/load-opus.ts';
import { toPersonId } from '#src/base/ids.ts';
import { createChainedPipeline } from '#src/pipeline/chained-pipeline.ts';
import { readSpeech } from '#test/audio/recorded-speech.ts';
import {
  adam,
  joinLounge,
  passTime,
  sayWords,
} from '#test/conversation/setup/session-fixture.ts';
import { FakeChat } from '#test/fakes/fake-chat.ts';
import { FakeTranscriber } from '#test/fakes/fake-speech.ts';
import { VirtualClock } from '#test/fakes/virtual-clock.ts';

const codec = await loadOpus();
const story = ['First', 'Then', 'Later', 'Soon', 'Again', 'At last']
  .map((word) => `${word} there was a lamp lit by the wide sea.`)
  .join(' ');

/** Says everything in one recorded voice. */
function recordedVoice() {
  const pcm = readSpeech('synth-flite-rms-capital-of-france');
  return {
    async *synthesize() {
      yield pcm;
    },
  };
}

/** Adam has loudspeakers: what the bot says comes back into his microphone, late and quieter. */
function attachLoudspeakers(fixture: Awaited<ReturnType<typeof askStory>>) {
  const [decoder, encoder] = [codec.createDecoder(24_000), codec.createEncoder(24_000)];
  const [lateMs, gain] = [160, 0.1];
  let sequence = 40_000;
  fixture.linkOpener.link.onLeft = (frame, atMs) => {
    const quieter = decoder.decode(frame).map((sample) => sample * gain);
    const opus = Buffer.from(encoder.encode(quieter));
    fixture.coming.push({
      speakerId: toPersonId('adam'),
      sequence: sequence++ & 0xffff,
      timestamp: Math.round((atMs + lateMs) * 48) >>> 0,
      opus,
      atMs: atMs + lateMs,
    });
  };
}

async function askStory() {
  const clock = new VirtualClock();
  const chat = new FakeChat([[story]], clock);
  const synthesizer = recordedVoice();
  const transcriber = new FakeTranscriber({ texts: ['what is the capital of france'] });
  const deps = {
    codec,
    transcriber,
    synthesizer,
    pipeline: createChainedPipeline({ chat, synthesizer }),
  };
  const fixture = await joinLounge(deps, [adam], clock);
  const coming: Parameters<typeof fixture.linkOpener.link.arrive>[0][] = [];
  return { ...fixture, chat, coming };
}

test('the voice of the bot out of loudspeakers is not answered, and does not interrupt the bot', async () => {
  const fixture = await askStory();
  attachLoudspeakers(fixture);
  await passTime(fixture, 2_600, await sayWords('human-goforward', adam, 0));
  for (let passed = 0; passed < 24_000; passed += 20) {
    const due = fixture.coming.filter(({ atMs }) => atMs <= fixture.clock.nowMs() + 20);
    fixture.coming.splice(0, due.length);
    await passTime(fixture, 20, due);
  }
  expect(fixture.chat.asked).toHaveLength(1);
  expect(fixture.of('answered')).toMatchObject([
    { finish: 'completed', heardText: story },
  ]);
});
