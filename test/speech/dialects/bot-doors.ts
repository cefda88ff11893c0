import { openEngines } from '#src/app/engines/open-engines.ts';
import { createChainedPipeline } from '#src/pipeline/chained-pipeline.ts';
import { readGoodSettings } from '#test/config/read-settings.ts';
import {
  drainAnswer,
  FakeHost,
  makeTurn,
  toUtterance,
} from '#test/contracts/pipeline-contract.ts';

const never = new AbortController().signal;

/** The bot's engines under these settings, and its usual way to answer; `behind` ends with them. */
export async function openBotDoors(
  environment: Readonly<Record<string, string>>,
  behind?: AsyncDisposable,
) {
  const engines = await openEngines(readGoodSettings(environment), () => {});
  const pipeline = createChainedPipeline({
    chat: engines.chat('Nova'),
    synthesizer: engines.synthesizer,
  });
  const host = new FakeHost();
  host.release();
  return {
    ...engines,
    host,
    answer: (words: string) =>
      drainAnswer(
        pipeline
          .answer(makeTurn(toUtterance(words)), host, never)
          [Symbol.asyncIterator](),
      ),
    async [Symbol.asyncDispose]() {
      await engines[Symbol.asyncDispose]();
      await behind?.[Symbol.asyncDispose]();
    },
  };
}
