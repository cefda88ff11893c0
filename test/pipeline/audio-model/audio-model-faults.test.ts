import { BotError } from '#src/base/errors.ts';
import { createAudioModelPipeline } from '#src/pipeline/audio-model/audio-model-pipeline.ts';
import { FakeHost, makeTurn, toUtterance } from '#test/contracts/pipeline-contract.ts';
import type { ChatStep } from '#test/fakes/fake-chat.ts';
import { FakeSynthesizer, type SynthesisFault } from '#test/fakes/fake-speech.ts';
import { waitUntilSettled } from '#test/fakes/virtual-clock.ts';
import { fc } from '#test/properties.ts';
import { FakeAudioChat, type FakeAudioManner } from './fake-audio-chat.ts';

const dead = new BotError('provider.refused', false, 'The server had an error.');
const enough = new Error('enough');
const lamp = { call: { id: 'a', name: 'lamp', argumentsJson: '{}' } };

const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.constantFrom<ChatStep>(
      'It is',
      ' four.',
      ' Good night. ',
      ' and so on,',
      '```',
    ),
  },
  { weight: 1, arbitrary: fc.constantFrom<ChatStep>({ error: dead }, 'stall', lamp) },
);
const fault = fc.constantFrom<SynthesisFault | undefined>(
  undefined,
  { afterPieces: 0, error: dead },
  { afterPieces: 2, error: 'stall' },
);

test('whatever goes wrong, an answer ends once, and none of its work goes on', async () => {
  const script = fc.record({
    rounds: fc.array(fc.array(step, { maxLength: 12 }), { minLength: 1, maxLength: 3 }),
    manner: fc.constantFrom<FakeAudioManner>('speaks', 'writes', 'mute', 'silent'),
    input: fc.constantFrom<'audio' | 'transcript'>('audio', 'transcript'),
    words: fc.constantFrom('hello', ''),
    fault,
    /** After so many parts the listener leaves, or cuts it. */
    parts: fc.integer({ min: 0, max: 30 }),
    leaves: fc.boolean(),
  });
  await fc.assert(
    fc.asyncProperty(
      script,
      async ({ rounds, manner, input, words, fault, parts, leaves }) => {
        const model = new FakeAudioChat(rounds, manner);
        const synthesizer = new FakeSynthesizer({ fault: () => fault });
        const pipeline = createAudioModelPipeline({
          open: () => model,
          synthesizer,
          input,
        });
        const host = new FakeHost();
        host.release();
        const caller = new AbortController();
        const answer = pipeline.answer(
          makeTurn(toUtterance(words)),
          host,
          caller.signal,
        );
        const cut = waitUntilSettled()
          .then(waitUntilSettled)
          .then(() => caller.abort(enough));
        let read = 0;
        try {
          for await (const _ of answer) if (read++ === parts && leaves) break;
        } catch (error) {
          expect([enough, 'BotError']).toContain(
            error === enough ? enough : (error as Error).name,
          );
        }
        await cut;
        await waitUntilSettled();
        expect(model.running + synthesizer.running).toBe(0);
        const served = rounds
          .slice(0, model.asked.length)
          .filter((steps) => !steps.some(isRefusal));
        expect(host.spendings.length).toBeGreaterThanOrEqual(served.length);
        expect(host.spendings.length).toBeLessThanOrEqual(model.asked.length);
      },
    ),
    { numRuns: 500 },
  );
});

function isRefusal(chatStep: ChatStep) {
  return typeof chatStep === 'object' && 'error' in chatStep;
}
