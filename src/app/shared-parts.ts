import { join } from 'node:path';
import packageJson from '#package.json' with { type: 'json' };
import { loadSilero, type SileroWeights } from '#src/audio/voice/silero.ts';
import { windowSamples } from '#src/audio/voice/silero-layers.ts';
import { VoiceActivity } from '#src/audio/voice/voice-activity.ts';
import { realClock } from '#src/base/clock.ts';
import { runPeriodically } from '#src/base/loops/periodic-task.ts';
import type { ChatModel } from '#src/chat/ports.ts';
import type { Config } from '#src/config/types.ts';
import type { ToolEntry } from '#src/conversation/tools/tool-entry.ts';
import type { OpenFeature, ProcessParts } from '#src/features/contract/feature.ts';
import { features } from '#src/features/features.ts';
import type { ExternalTool, ToolNews } from '#src/features/tools/external-tool.ts';
import { SpeedStats } from '#src/ops/speed-stats.ts';
import type { PipelineRegistry } from '#src/pipeline/pipeline.ts';
import { type Cues, loadCues } from '#src/playback/reply/load-cues.ts';
import { longestWritingMs } from '#src/provider/deadlines.ts';
import { hasStableWords } from '#src/provider/models/models.ts';
import { Decoding } from '#src/sources/decode/decoding.ts';
import { AllowedHosts } from '#src/sources/fetch/allowed-hosts.ts';
import type { RecordingReader } from '#src/sources/fetch/ports.ts';
import { findFfmpeg } from '#src/sources/ffmpeg.ts';
import { openLibrary, type ReadTags } from '#src/sources/library.ts';
import { Recordings } from '#src/sources/recordings.ts';
import { Sources } from '#src/sources/sources.ts';
import { ListeningSlots } from '#src/speech/listening-slots.ts';
import {
  openTextLanguage,
  type TextLanguageDetector,
} from '#src/speech/text-language/text-language.ts';
import type { PortionStore } from '#src/spending/ledger/total-portion.ts';
import { backUpFormerFormats } from '#src/storage/backups/backup.ts';
import { deleteOldCopies } from '#src/storage/backups/copy-names.ts';
import { removeLeftovers } from '#src/storage/backups/restore.ts';
import { lockDataDir } from '#src/storage/data-dir/data-dir-lock.ts';
import { refuseForeignFormats, unsharedLines } from '#src/storage/data-dir/store-files.ts';
import type { PostgresPool } from '#src/storage/postgres/pool.ts';
import { type Store, storePath } from '#src/storage/store.ts';
import { mainStore, storeParts } from '#src/storage/stores/store-parts.ts';
import { SqliteWorker } from '#src/storage/thread/sqlite-worker.ts';
import { keepStore } from '#src/storage/thread/steady-store.ts';
import { PartialTrust } from '#src/turn/partial-trust.ts';
import { TokenBudgets } from '#src/web/api/tokens/token-budgets.ts';
import type { BotOptions } from './bot-options.ts';
import { pipelinesOf } from './engines/pipelines.ts';
import { type OpenParts, openTranscriptStores } from './transcripts.ts';

/** Parts that all shards of a process share. */
export type SharedParts = {
  readonly store: Store;
  /** Present only where several processes may share the store. */
  readonly portions: PortionStore | undefined;
  readonly features: readonly OpenFeature[];
  readonly sounds: Sounds;
  readonly weights: SileroWeights;
  readonly cues: Cues;
  /** Own budgets of programs. */
  readonly tokenBudgets: TokenBudgets;
  readonly stats: SpeedStats;
  readonly partialTrust: PartialTrust;
  readonly listeningSlots: ListeningSlots;
  readonly operatorTools: OperatorTools;
  readonly textLanguage: TextLanguageDetector;
  /** Parts that answer under this name; made once, as all shards log in as one bot. */
  answering(name: string): AnsweringParts;
};

export type AnsweringParts = { readonly chat: ChatModel; readonly pipelines: PipelineRegistry };

const hourMs = 3_600_000;

/** Opens what shards share. */
export async function openSharedParts(
  options: BotOptions,
  signal: AbortSignal,
): Promise<SharedParts & AsyncDisposable> {
  const { config } = options;
  const { transcription } = config;
  await using stack = new AsyncDisposableStack();
  stack.use(await claimDataDir(options, signal));
  const worker = new SqliteWorker({ clock: realClock });
  const loading = [loadSilero(), loadCues(), openBotStore(options, worker, signal)] as const;
  const [weights, cues, { store, portions, pool }] = await Promise.all(loading);
  stack.use(store);
  void dropDays(store, options);
  const transcripts = stack.use(await openTranscriptStores(config, { pool, worker }, options));
  stack.use(expireCopies(options));
  const sounds = stack.use(openSounds(config));
  const parts = [...partsOf(store), ...transcripts.parts];
  const opened = openFeatures(options, { parts, sounds, weights }, stack);
  warmUp(weights);
  const reportTools = (message: string) => options.onDiscord({ kind: 'warning', message });
  const operatorTools = stack.use(await openOperatorTools(config, reportTools));
  let answering: AnsweringParts | undefined;
  const closing = stack.move();
  return {
    store,
    portions,
    features: opened,
    sounds,
    weights,
    cues,
    tokenBudgets: new TokenBudgets(),
    stats: new SpeedStats(),
    partialTrust: new PartialTrust(
      transcription.kind === 'remote' && hasStableWords(transcription.model),
    ),
    listeningSlots: new ListeningSlots(),
    operatorTools,
    textLanguage: openTextLanguage(),
    answering(name) {
      answering ??= answeringPartsOf(options, name);
      return answering;
    },
    [Symbol.asyncDispose]: () => closing.disposeAsync(),
  };
}

/**
 * Claims `DATA_DIR`: no other process writes into it, nothing there is newer than this program, and what is older is copied before
 * it is migrated. With a database nothing is written there that processes do not share. Errors: BotError `store.*`.
 */
async function claimDataDir(
  { config: { dataDir, databaseUrl }, onStore }: BotOptions,
  signal: AbortSignal,
): Promise<Disposable> {
  if (databaseUrl) return new DisposableStack();
  const { version } = packageJson;
  const onWait = (message: string) => onStore({ kind: 'waiting', message });
  using stack = new DisposableStack();
  stack.use(await lockDataDir(dataDir, { clock: realClock, version, onWait }, signal));
  refuseForeignFormats(dataDir);
  removeLeftovers(dataDir);
  const copies = backUpFormerFormats(dataDir, realClock.wallMs());
  if (copies.length > 0) onStore({ kind: 'copied', copies });
  const lines = unsharedLines(dataDir);
  if (lines > 0) onStore({ kind: 'deleted', lines });
  return stack.move();
}

/** Deletes each yes for a day, and says how many; where that fails, the next start does. */
async function dropDays({ consents }: Store, { onDiscord }: BotOptions): Promise<void> {
  const count = await consents.dropDays().catch(() => 0);
  if (count === 0) return;
  const message = `Deleted ${count} of the consents that held for one day: there is no such choice any more, so these people are asked again.`;
  onDiscord({ kind: 'warning', message });
}

/** Deletes old copies of the store, until it is disposed. */
function expireCopies({ config: { dataDir }, onStore }: BotOptions): Disposable {
  const over = new AbortController();
  const run = () => deleteOldCopies(dataDir, realClock.wallMs());
  const task = { name: 'deletion of old copies', clock: realClock, everyMs: hourMs, run };
  void runPeriodically({ ...task, report: onStore }, over.signal);
  return { [Symbol.dispose]: () => over.abort(new Error('closed')) };
}

function openFeatures(
  { config, engines, onSession: onEvent }: BotOptions,
  { parts, sounds, weights }: Pick<SharedParts, 'sounds' | 'weights'> & { parts: OpenParts },
  stack: AsyncDisposableStack,
): readonly OpenFeature[] {
  const { deadlines, speech, transcription } = config;
  const given: ProcessParts = {
    clock: realClock,
    onEvent,
    store: partIn(parts),
    sounds,
    recordings: sounds.recordings,
    weights,
    models: {
      speech: speech.kind === 'remote' ? speech.models : [],
      transcription: transcription.kind === 'remote' ? transcription.models : [],
    },
    longestWritingMs: longestWritingMs(deadlines),
    modelNews: () => engines.modelNews(),
  };
  return features.map((feature) => {
    const open = feature.open(given);
    stack.defer(() => open[Symbol.asyncDispose]?.());
    return open;
  });
}

function partsOf(store: Store): OpenParts {
  return Object.entries(storeParts).map(([name, part]) => [
    part,
    Reflect.get<object, string>(store, name),
  ]);
}

/** Finds the open store of a declared part. */
function partIn(parts: OpenParts): ProcessParts['store'] {
  const open = new Map(parts);
  return (part) => {
    if (!open.has(part)) throw new TypeError('The store has no such part.');
    return open.get(part) as never; // the list of parts tells what it is
  };
}

/** Lets the compiler see the hot loop before the first speech: the first windows would take twenty times as long. */
function warmUp(weights: SileroWeights): void {
  const activity = new VoiceActivity(weights);
  const silence = new Float32Array(windowSamples);
  for (let window = 0; window < 50; window++) activity.probability(silence);
}

function answeringPartsOf({ config, engines }: BotOptions, name: string): AnsweringParts {
  const chat = engines.chat(name);
  return { chat, pipelines: pipelinesOf(config, engines, chat) };
}

/** Tools of the operator: those of MCP servers that are connected. */
type OperatorTools = { all(): readonly ToolEntry[] } & AsyncDisposable;

/** Opens the configured tools, and loads nothing where there are none. Servers are connected meanwhile: the bot does not wait. */
export async function openOperatorTools(
  { externalTools, dataDir }: Pick<Config, 'externalTools' | 'dataDir'>,
  report: ToolNews,
): Promise<OperatorTools> {
  const { mcp } = externalTools;
  if (!mcp) return { all: () => [], [Symbol.asyncDispose]: async () => undefined };
  const { McpServers } = await import('#src/features/tools/mcp/mcp-servers.ts');
  const { externalTool } = await import('#src/features/tools/adapt-external-tool.ts');
  const hashesPath = join(dataDir, 'mcp-tools.json');
  const servers = new McpServers({ ...mcp, hashesPath, clock: realClock, report });
  const known = new WeakMap<ExternalTool, ToolEntry>();
  const adapted = (tool: ExternalTool): ToolEntry => {
    const found = known.get(tool) ?? externalTool(tool);
    known.set(tool, found);
    return found;
  };
  return {
    all: () => servers.tools().map(adapted),
    [Symbol.asyncDispose]: () => servers[Symbol.asyncDispose](),
  };
}

/** Sounds that people send or have played: recordings to be heard, and sounds of tracks. */
type Sounds = AsyncDisposable &
  ProcessParts['sounds'] & {
    readonly recordings: RecordingReader;
  };

/** Longest step of a decoding process, in ms, before it is killed: 30 ms are usual. */
const mostStepMs = 2_000;

/** Opens the sounds. Closing them ends decoding under way. */
function openSounds(config: Pick<Config, 'allowedHosts' | 'dataDir' | 'searchPath'>): Sounds {
  const { allowedHosts, dataDir, searchPath } = config;
  const [clock, allowed] = [realClock, new AllowedHosts(allowedHosts)];
  const decoding = new Decoding({ clock, stepMs: mostStepMs });
  const ffmpeg = findFfmpeg(searchPath);
  const sources = new Sources({ clock, decoding, allowed, ffmpeg });
  const readTags: ReadTags = (path, signal) => decoding.readTags(path, signal);
  const library = openLibrary(dataDir, { opener: sources, clock, readTags });
  return {
    recordings: new Recordings(decoding, { allowed }),
    opener: sources,
    library,
    [Symbol.asyncDispose]: () => decoding[Symbol.asyncDispose](),
  };
}

/** Parts of the store that outlive the process. */
type OpenedStore = {
  readonly store: Store;
  readonly portions?: PortionStore;
  /** Connections to the database of the store; absent: it is a file. Closed with the store. */
  readonly pool?: PostgresPool;
};

/** Time, in ms, that the database has to answer once the process is asked to end: less than an orderly end may take. */
const endMs = 6_500;

/**
 * Opens the store: SQLite, whose trouble stops no conversation, or PostgreSQL, which is to be there at the start.
 *
 * Errors: of PostgreSQL, as `openPostgresStore`. Aborting `signal` throws `signal.reason`.
 */
async function openBotStore(
  { config, onStore }: Pick<BotOptions, 'config' | 'onStore'>,
  worker: SqliteWorker,
  signal: AbortSignal,
): Promise<OpenedStore> {
  const { dataDir, databaseUrl: url } = config;
  const clock = realClock;
  if (url) {
    // Nothing of it is loaded where it is not used.
    const [{ openPostgresStore }, { transcriptsPart }] = await Promise.all([
      import('#src/storage/postgres/keep-stores.ts'),
      import('#src/storage/postgres/transcripts/schema.ts'),
    ]);
    const { pool, portions, ...store } = await openPostgresStore(
      { url, clock, parts: [transcriptsPart], report: onStore },
      signal,
    );
    signal.addEventListener('abort', () => pool.endWithin(endMs), { once: true });
    return { store, portions, pool };
  }
  const open = () => worker.open(mainStore, storePath(dataDir));
  return { store: await keepStore(mainStore, open, clock, onStore) };
}
