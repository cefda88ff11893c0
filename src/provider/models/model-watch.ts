import type { AlertChange } from '#src/base/alerts.ts';
import type { Clock } from '#src/base/clock.ts';
import { runPeriodically } from '#src/base/loops/periodic-task.ts';
import type { Secret } from '#src/base/secret.ts';
import { deadlineSignal } from '#src/base/waiting.ts';
import { openClient } from '#src/provider/client.ts';
import { listModels } from './model-list.ts';
import { type ModelInUse, type ModelList, type ModelNews, modelNews } from './models.ts';

export type WatchedModel = ModelInUse & { readonly apiKey?: Secret };

export type WatchOptions = {
  readonly models: readonly WatchedModel[];
  readonly clock: Clock;
  /** Gets news that no earlier day had. */
  readonly onNews: (news: readonly ModelNews[]) => void;
  readonly alert: (change: AlertChange) => void;
};

const dayMs = 86_400_000;
/** A server that could not be asked is asked again sooner. */
const retryMs = 3_600_000;
const deadlineMs = 20_000;

/** Asks every server in use for its list of models, at once and then daily, until it is disposed. Never throws. */
export class ModelWatch implements Disposable {
  readonly #options: WatchOptions;
  readonly #over = new AbortController();
  readonly #reportedAtMs = new Map<string, number>();
  #news: readonly ModelNews[];

  constructor(options: WatchOptions) {
    this.#options = options;
    this.#news = this.#judge(() => ({ kind: 'not offered' }));
    void this.#run();
  }

  /** Model news as of the last round, in the order of the roles; before the first, from the table. */
  news(): readonly ModelNews[] {
    return this.#news;
  }

  [Symbol.dispose](): void {
    this.#over.abort();
  }

  async #run(): Promise<void> {
    const { alert, clock } = this.#options;
    const { signal } = this.#over;
    let isWhole = false;
    const run = async () => {
      const lists = await this.#ask();
      if (signal.aborted) return;
      this.#news = this.#judge((model) => lists.get(serverOf(model)) ?? { kind: 'not offered' });
      this.#notify();
      isWhole = [...lists.values()].every(({ kind }) => kind !== 'unknown');
    };
    const everyMs = () => (isWhole ? dayMs : retryMs);
    await runPeriodically({ name: 'model lists', clock, everyMs, run, report: alert }, signal);
  }

  #judge(listOf: (model: WatchedModel) => ModelList): ModelNews[] {
    const wallMs = this.#options.clock.wallMs();
    return this.#options.models.flatMap((model) => modelNews(model, listOf(model), wallMs) ?? []);
  }

  /** One request a server and key. */
  async #ask(): Promise<ReadonlyMap<string, ModelList>> {
    const servers = new Map(this.#options.models.map((model) => [serverOf(model), model]));
    const asked = [...servers].map(
      async ([server, model]) => [server, await this.#askOne(model)] as const,
    );
    return new Map(await Promise.all(asked));
  }

  async #askOne({ baseUrl, apiKey }: WatchedModel): Promise<ModelList> {
    const { clock } = this.#options;
    using deadline = deadlineSignal(deadlineMs, clock, () => new Error('It was aborted.'));
    const signal = AbortSignal.any([this.#over.signal, deadline.signal]);
    const address = baseUrl.replace(/^ws/, 'http');
    return await listModels(openClient({ baseUrl: address, apiKey }), signal);
  }

  #notify(): void {
    const nowMs = this.#options.clock.nowMs();
    const fresh = this.#news.filter((news) => {
      const reportedAtMs = this.#reportedAtMs.get(nameOf(news));
      return reportedAtMs === undefined || nowMs - reportedAtMs >= dayMs;
    });
    for (const news of fresh) this.#reportedAtMs.set(nameOf(news), nowMs);
    if (fresh.length > 0) this.#options.onNews(fresh);
  }
}

function serverOf({ baseUrl, apiKey }: WatchedModel): string {
  return JSON.stringify([baseUrl, apiKey?.reveal() ?? '']);
}

function nameOf({ role, model, kind }: ModelNews): string {
  return JSON.stringify([role, model, kind]);
}
