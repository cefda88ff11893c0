import { expect, test } from 'vitest';
import { openRealtimeTalk } from '#src/chat/realtime/realtime-talk.ts';
import { audioModel } from '#src/pipeline/audio-model/audio-model.ts';
import { chained } from '#src/pipeline/chained.ts';
import type { Pipeline } from '#src/pipeline/pipeline.ts';
import { realtime } from '#src/pipeline/realtime.ts';
import type { Synthesizer } from '#src/speech/ports.ts';
import { pronounceWith, withPronunciation } from '#src/speech/pronunciation.ts';
import { FakeHost, said, soundedTexts, textOf, turnOf } from '#test/contracts/pipeline.ts';
import { FakeChat } from '#test/fakes/chat.ts';
import { openMockTalk } from '#test/fakes/providers/realtime-talk.ts';
import { FakeSynthesizer } from '#test/fakes/speech.ts';
import { FakeAudioChat } from './audio-model/audio-model-fake.ts';

const written = 'Kubernetes is up.';
const pronounce = pronounceWith([{ word: 'kubernetes', say: 'koo-ber-net-ees' }]);

/** Pipelines whose model writes, so that a synthesizer speaks. */
const pipelines: Readonly<Record<string, (synthesizer: Synthesizer) => Pipeline>> = {
  chained: (synthesizer) => chained({ chat: new FakeChat([[written]]), synthesizer }),
  'audio-model': (synthesizer) =>
    audioModel({ model: new FakeAudioChat([[written]], 'writes'), synthesizer, input: 'audio' }),
};

async function speak(pipeline: Pipeline) {
  const host = new FakeHost();
  host.release();
  const turn = turnOf(said('hello'));
  const style = { ...turn.style, voice: { name: 'slt', ...(pronounce && { pronounce }) } };
  const never = new AbortController().signal;
  return await Array.fromAsync(pipeline.answer({ ...turn, style }, host, never));
}

test.each(Object.keys(pipelines))(
  'in the pipeline %s a word is said as the server has it, and written as it is',
  async (name) => {
    const fake = new FakeSynthesizer({ pieces: 1 });
    const pipeline = pipelines[name]?.(withPronunciation(fake)) ?? expect.fail();
    const parts = await speak(pipeline);
    expect(fake.asked.map(({ text }) => text)).toEqual(['koo-ber-net-ees is up.']);
    expect([textOf(parts), soundedTexts(parts).join(' ')]).toEqual([written, written]);
  },
);

test('in the pipeline realtime as well, where its model only writes', async () => {
  await using server = await openMockTalk({ answer: () => ({ text: written, isWritten: true }) });
  const talk = openRealtimeTalk({ baseUrl: server.baseUrl, model: 'mock' });
  const fake = new FakeSynthesizer({ pieces: 1 });
  using pipeline = realtime({ talk, synthesizer: withPronunciation(fake) });
  const parts = await speak(pipeline);
  expect(fake.asked.map(({ text }) => text)).toEqual(['koo-ber-net-ees is up.']);
  expect(textOf(parts)).toBe(written);
});
