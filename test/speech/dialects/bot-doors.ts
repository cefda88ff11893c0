import { openEngines } from '#src/app/engines/engines.ts';
import { chained } from '#src/pipeline/chained.ts';
import { good } from '#test/config/read-settings.ts';
import { drain, FakeHost, said, turnOf } from '#test/contracts/pipeline.ts';

const never = new AbortController().signal;

/** The bot's engines under these settings, and its usual way to answer; `behind` ends with them. */
export async function openBotDoors(
  environment: Readonly<Record<string, string>>,
  behind?: AsyncDisposable,
) {
  const engines = await openEngines(good(environment), () => {});
  const pipeline = chained({ chat: engines.chat('Nova'), synthesizer: engines.synthesizer });
  const host = new FakeHost();
  host.release();
  return {
    ...engines,
    host,
    answer: (words: string) =>
      drain(pipeline.answer(turnOf(said(words)), host, never)[Symbol.asyncIterator]()),
    async [Symbol.asyncDispose]() {
      await engines[Symbol.asyncDispose]();
      await behind?.[Symbol.asyncDispose]();
    },
  };
}
