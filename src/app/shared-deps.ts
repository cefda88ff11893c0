import { join } from 'node:path';
import { listLocalModelLines } from '#src/app/engines/local-model-news.ts';
import {
  loadSilero,
  type SileroNetwork,
  VoiceActivityDetector,
  windowSamples,
} from '#src/audio/voice/voice-activity.ts';
import { realClock } from '#src/base/clock.ts';
import { findProgram } from '#src/base/find-program.ts';
import { admitSetting } from '#src/base/logged-text.ts';
import { runPeriodically } from '#src/base/loops/periodic-task.ts';
import type { Config } from '#src/config/config.ts';
import type { ToolEntry } from '#src/conversation/tools/tool-entry.ts';
import type { FeatureShardDeps } from '#src/features/contract/feature.ts';
import { type FeaturePorts, openFeatures } from '#src/features/features.ts';
import type { ToolNews } from '#src/features/tools/external-tool.ts';
import { SpeedStats } from '#src/ops/speed-stats.ts';
import { type Cues, loadCues } from '#src/playback/reply/cue-track.ts';
import type { Stats } from '#src/ports/command-ports.ts';
import { hasStableWords } from '#src/provider/models/standard-models.ts';
import type { FeatureShard } from '#src/sessions/shard-features.ts';
import { Decoding } from '#src/sources/decode/decoding.ts';
import { AllowedHosts } from '#src/sources/fetch/allowed-hosts.ts';
import { RecordingFetcher, type Recordings } from '#src/sources/recordings.ts';
import { openLibrary, type SoundLibrary } from '#src/sources/sound-library.ts';
import { createSoundOpener, type SoundOpener } from '#src/sources/sound-sources.ts';
import {
  NgramLanguageDetector,
  type TextLanguageDetector,
} from '#src/speech/text-language/spoken-form.ts';
import { backUpFormerFormats } from '#src/storage/backups/backup.ts';
import { deleteOldCopies } from '#src/storage/backups/copy-names.ts';
import { removeLeftovers } from '#src/storage/backups/restore.ts';
import { lockDataDir } from '#src/storage/data-dir/data-dir-lock.ts';
import {
  describeLostRows,
  refuseForeignFormats,
} from '#src/storage/data-dir/store-files.ts';
import type { Store } from '#src/stores/store-parts.ts';
import { PartialTrust } from '#src/turn/endpointing/end-of-turn.ts';
import { TokenBudgets } from '#src/web/api/authorise.ts';
import type { BotOptions } from './bot-options.ts';
import { type OpenParts, openStores } from './open-stores.ts';

/** Objects that all shards of the process share. */
export interface SharedDeps extends AsyncDisposable {
  readonly store: Store;
  /** Opens all features in one shard. */
  readonly openFeatures: (deps: FeatureShardDeps) => {
    readonly shards: readonly FeatureShard[];
    readonly ports: FeaturePorts;
  };
  readonly weights: SileroNetwork;
  readonly cues: Cues;
  readonly tokenBudgets: TokenBudgets;
  /** Speed of spoken answers, which learns from each event of a session. */
  readonly stats: Stats & Pick<SpeedStats, 'noteLeftCall' | 'report'>;
  readonly partialTrust: PartialTrust;
  readonly operatorTools: OperatorTools;
  readonly textLanguage: TextLanguageDetector;
}

const hourMs = 3_600_000;

export async function openSharedDeps(
  options: BotOptions,
  signal: AbortSignal,
): Promise<SharedDeps> {
  const { engines, externalTools, sounds: soundConfig, storage } = options.config;
  const { transcription } = engines;
  await using stack = new AsyncDisposableStack();
  stack.use(await claimDataDir(options, signal));
  const [weights, cues, stores] = await Promise.all([
    loadSilero(),
    loadCues(),
    openStores(options),
  ]);
  const { parts: storeParts, store } = stack.use(stores);
  stack.use(expireCopies(options));
  const sounds = stack.use(openSounds(soundConfig, storage.dataDir));
  const openShardFeatures = openAllFeatures(options, { storeParts, sounds, weights });
  warmUp(weights);
  const operatorTools = stack.use(
    await openOperatorTools(externalTools, storage.dataDir, (message) =>
      options.onDiscord({ kind: 'warning', message: admitSetting(message) }),
    ),
  );
  return Object.assign(stack.move(), {
    store,
    openFeatures: openShardFeatures,
    weights,
    cues,
    tokenBudgets: new TokenBudgets(),
    stats: new SpeedStats(
      () => options.engines.listHabits(),
      () => listLocalModelLines(options.engines.getLocalModel()),
    ),
    partialTrust: new PartialTrust(
      transcription.kind === 'remote' && hasStableWords(transcription.model),
    ),
    operatorTools,
    textLanguage: new NgramLanguageDetector(),
  });
}

/**
 * Claims `DATA_DIR`, refuses newer formats, and copies older ones before their
 * migration. Throws BotError `store.*`.
 */
async function claimDataDir(
  {
    config: {
      storage: { dataDir, databaseUrl },
    },
    onStore,
  }: BotOptions,
  signal: AbortSignal,
) {
  if (databaseUrl) return new DisposableStack();
  const printWarning = (message: string) =>
    onStore({ kind: 'warning', message: admitSetting(message) });
  using stack = new DisposableStack();
  stack.use(
    await lockDataDir(dataDir, { clock: realClock, onWait: printWarning }, signal),
  );
  refuseForeignFormats(dataDir);
  removeLeftovers(dataDir);
  const copies = backUpFormerFormats(dataDir, realClock.wallMs());
  if (copies.length > 0) onStore({ kind: 'copied', copies });
  for (const message of describeLostRows(dataDir)) printWarning(message);
  return stack.move();
}

function expireCopies({
  config: {
    storage: { dataDir },
  },
  onStore,
}: BotOptions): Disposable {
  const closing = new AbortController();
  void runPeriodically(
    {
      name: 'deletion of old copies',
      clock: realClock,
      everyMs: hourMs,
      run: () => deleteOldCopies(dataDir, realClock.wallMs()),
      report: onStore,
    },
    closing.signal,
  );
  return { [Symbol.dispose]: () => closing.abort(new Error('closed')) };
}

type OpenedProcessDeps = {
  readonly storeParts: OpenParts;
  readonly sounds: OpenSounds;
  readonly weights: SileroNetwork;
};

function openAllFeatures(
  { config }: BotOptions,
  { storeParts, sounds, weights }: OpenedProcessDeps,
) {
  const { deadlines, speech, transcription } = config.engines;
  const openParts = new Map(storeParts);
  return openFeatures({
    store: (part) => openParts.get(part) as never, // the list of parts tells what it is
    sounds,
    recordings: sounds.recordings,
    weights,
    models: {
      speech: speech.kind === 'remote' ? speech.models : [],
      transcription: transcription.kind === 'remote' ? transcription.models : [],
    },
    longestWritingMs: deadlines.chat.totalMs,
  });
}

/** Runs the detector on silence before it is used. */
function warmUp(weights: SileroNetwork) {
  const activity = new VoiceActivityDetector(weights);
  const silence = new Float32Array(windowSamples);
  // The first windows take twenty times as long.
  for (let window = 0; window < 50; window++) activity.measureProbability(silence);
}

/** Tools of the operator's MCP servers. */
export interface OperatorTools extends AsyncDisposable {
  /** Lists the tools of the servers that answer now. */
  listTools(): readonly ToolEntry[];
}

/** Connects to the operator's servers, and waits for none of them. */
export async function openOperatorTools(
  { mcp }: Config['externalTools'],
  dataDir: string,
  report: ToolNews,
): Promise<OperatorTools> {
  if (!mcp)
    return {
      listTools: () => [],
      [Symbol.asyncDispose]: async () => undefined,
    };
  const { McpServers } = await import('#src/features/tools/mcp/mcp-servers.ts');
  return new McpServers({
    ...mcp,
    hashesPath: join(dataDir, 'mcp-tools.json'),
    clock: realClock,
    report,
  });
}

/** A decoding step usually takes 30 ms. A longer one is killed. */
const maxStepMs = 2_000;

interface OpenSounds extends AsyncDisposable {
  readonly recordings: Recordings;
  readonly opener: SoundOpener;
  readonly library: SoundLibrary;
}

function openSounds(
  { allowedHosts, searchPath }: Config['sounds'],
  dataDir: string,
): OpenSounds {
  const [clock, allowed] = [realClock, new AllowedHosts(allowedHosts)];
  const decoding = new Decoding({ clock, stepMs: maxStepMs });
  const ffmpeg = findProgram('ffmpeg', searchPath);
  const opener = createSoundOpener({ clock, decoding, allowed, ffmpeg });
  return {
    recordings: new RecordingFetcher(decoding, { allowed, ffmpeg }),
    opener,
    library: openLibrary(dataDir, { opener, clock }),
    [Symbol.asyncDispose]: () => decoding[Symbol.asyncDispose](),
  };
}
