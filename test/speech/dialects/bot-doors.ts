import type { EngineNews } from '#src/app/engines/engine-news.ts';
import { openEngines, openPipelines } from '#src/app/engines/open-engines.ts';
import type { Turn } from '#src/pipeline/pipeline.ts';
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
  const config = readGoodSettings(environment);
  const news: EngineNews[] = [];
  const engines = await openEngines(config, (event) => news.push(event));
  const pipelines = openPipelines(config.engines, engines, engines.chat('Nova'));
  const [usual = 'chained'] = pipelines.names;
  const host = new FakeHost();
  host.release();
  return {
    ...engines,
    host,
    news,
    /** Sentences about habits of servers, as the log has them. */
    listHabits: () =>
      news.flatMap((event) =>
        event.kind === 'habit' ? [`${event.what}; ${event.mend}`] : [],
      ),
    /** What log, metrics and notices get of servers, without causes: of those the log takes codes alone. */
    listNews: () => news.map((event) => JSON.stringify({ ...event, cause: undefined })),
    /** The answer of the pipeline that the settings choose. */
    answer: (text: string, overrides: Partial<Turn> = {}) =>
      drainAnswer(
        pipelines
          .open(usual)
          .answer({ ...makeTurn(toUtterance(text)), ...overrides }, host, never)
          [Symbol.asyncIterator](),
      ),
    async [Symbol.asyncDispose]() {
      await engines[Symbol.asyncDispose]();
      await behind?.[Symbol.asyncDispose]();
    },
  };
}
