import { expect, test } from 'vitest';
import type { Pcm } from '#src/audio/pcm.ts';
import { SpokenRecorder } from '#src/console/first-run/spoken-recorder.ts';
import type { PipelineRegistry } from '#src/conversation/ports/pipeline-registry.ts';
import type { Pipeline } from '#src/pipeline/pipeline.ts';
import { FakeHost, turnOf } from '#test/contracts/pipeline.ts';
import { FakeSynthesizer } from '#test/fakes/speech.ts';

const never = new AbortController().signal;
const sound = (value: number, ms = 100): Pcm => {
  return { samples: new Int16Array(24 * ms).fill(value), rateHz: 24_000, channels: 1 };
};

/** Answers with these sounds, one a clause. */
function answering(...sounds: readonly Pcm[]): Pipeline {
  return {
    async *answer() {
      yield { kind: 'text', text: 'Hm.' };
      for (const pcm of sounds) yield { kind: 'audio', pcm };
    },
  };
}

function tapped(pipeline: Pipeline & Partial<Disposable>) {
  const recorder = new SpokenRecorder();
  const pipelines: PipelineRegistry = {
    names: ['realtime'],
    open: () => pipeline,
    engine: () => 'talks',
  };
  return { tap: recorder, pipelines: recorder.pipelines(pipelines) };
}

const answer = (pipelines: PipelineRegistry) =>
  pipelines.open('realtime').answer(turnOf(), new FakeHost(), never)[Symbol.asyncIterator]();

test('a tap hands on every part of an answer, and counts it once', async () => {
  const { tap: recorder, pipelines } = tapped(answering(sound(1), sound(2)));
  expect(recorder.asked).toBe(0);
  const kinds: string[] = [];
  const parts = answer(pipelines);
  for (let next = await parts.next(); !next.done; next = await parts.next())
    kinds.push(next.value.kind);
  expect(kinds).toEqual(['text', 'audio', 'audio']);
  expect(recorder.asked).toBe(1);
});

test('what hears people while they speak goes on to do so, and is closed', () => {
  const log: string[] = [];
  const { pipelines } = tapped({
    ...answering(),
    hear: (_samples, speakerId) => void log.push(`heard ${speakerId}`),
    forgetHeard: (speakerId) => void log.push(`forgot ${speakerId}`),
    [Symbol.dispose]: () => void log.push('closed'),
  });
  expect([pipelines.names, pipelines.engine('realtime')]).toEqual([['realtime'], 'talks']);
  const open = pipelines.open('realtime');
  open.hear?.(new Int16Array(320), 'adam', 0);
  open.forgetHeard?.('adam', 0);
  open[Symbol.dispose]?.();
  expect(log).toEqual(['heard adam', 'forgot adam', 'closed']);
});

test('texts that are spoken beside answers are counted, also by the one voice of an answer', async () => {
  const recorder = new SpokenRecorder();
  const inner = new FakeSynthesizer({ pieces: 2 });
  const voice = recorder.synthesizer(Object.assign(inner, { oneVoice: () => inner }));
  expect(await Array.fromAsync(voice.synthesize('one', {}, never))).toHaveLength(2);
  await Array.fromAsync(voice.oneVoice?.().synthesize('two', {}, never) ?? []);
  expect(recorder.asked).toBe(2);
});
