import packageJson from '#package.json' with { type: 'json' };
import { loadSilero, type SileroWeights } from '#src/audio/voice/silero.ts';
import { VoiceActivity, windowSamples } from '#src/audio/voice/voice-activity.ts';
import { realClock } from '#src/base/clock.ts';
import { withoutToolsOnRefusal } from '#src/chat/completions/without-tools.ts';
import type { ChatModel } from '#src/chat/ports.ts';
import { type Cues, loadCues } from '#src/playback/reply/load-cues.ts';
import type { Pipelines } from '#src/session/ports/pipelines.ts';
import type { TranscriptStores } from '#src/session/transcripts/transcript-stores.ts';
import type { VoiceSessions } from '#src/session/voice-sessions.ts';
import { ListeningSlots } from '#src/speech/listening-slots.ts';
import type { SessionBudgets } from '#src/spending/session-budgets.ts';
import { SpeedStats } from '#src/status/stats-book.ts';
import { lockDataDir } from '#src/storage/data-dir/data-dir-lock.ts';
import { refuseNewerStores } from '#src/storage/data-dir/store-files.ts';
import type { Store } from '#src/storage/store.ts';
import type { BotOptions } from './bot-options.ts';
import { openBudget } from './budget.ts';
import { pipelinesOf } from './engines/pipelines.ts';
import { openSounds, type Sounds } from './sounds.ts';
import { openBotStore } from './store.ts';
import { openTranscriptStores } from './transcripts.ts';

/** What all shards of a process share. */
export type SharedParts = {
  readonly store: Store;
  readonly transcripts: TranscriptStores;
  readonly sounds: Sounds;
  readonly weights: SileroWeights;
  readonly cues: Cues;
  readonly desk: SessionBudgets;
  readonly stats: SpeedStats;
  readonly listeningSlots: ListeningSlots;
  /** What answers under this name; made once, as all shards log in as one bot. */
  answering(name: string): AnsweringParts;
};

export type AnsweringParts = { readonly chat: ChatModel; readonly pipelines: Pipelines };

/** Opens what shards share; `sessionsOf` finds the sessions of the shard of a server, where this process serves it. */
export async function openSharedParts(
  options: BotOptions,
  sessionsOf: (guildId: string) => VoiceSessions | undefined,
  signal: AbortSignal,
): Promise<SharedParts & AsyncDisposable> {
  const { config } = options;
  await using stack = new AsyncDisposableStack();
  stack.use(await claimDataDir(options, signal));
  const loading = [loadSilero(), loadCues(), openBotStore(options, signal)] as const;
  const [weights, cues, { store, sharedSpending, pool }] = await Promise.all(loading);
  stack.use(store);
  const transcripts = stack.use(await openTranscriptStores(config, pool, options.onDiscord));
  const sounds = stack.use(openSounds(config));
  warmUp(weights);
  const { desk } = stack.use(
    await openBudget({
      config,
      book: store.spending,
      ...(sharedSpending && { sharedSpending }),
      pipelineIn: (guildId) =>
        sessionsOf(guildId)?.settings.in(guildId).pipeline ?? config.pipeline,
      keepsCaptions: (guildId) =>
        sessionsOf(guildId)
          ?.sessions(guildId)
          .some(({ context }) => context.captions.active) === true,
      onEvent: options.onSession,
      warn: (message, cause) => options.onDiscord({ kind: 'warning', message, cause }),
    }),
  );
  let answering: AnsweringParts | undefined;
  const closing = stack.move();
  return {
    store,
    transcripts,
    sounds,
    weights,
    cues,
    desk,
    stats: new SpeedStats(),
    listeningSlots: new ListeningSlots(),
    answering(name) {
      answering ??= answeringPartsOf(options, name);
      return answering;
    },
    [Symbol.asyncDispose]: () => closing.disposeAsync(),
  };
}

/**
 * Nobody else writes into `DATA_DIR`, and nothing there is newer than this program. With a database nothing is written there
 * that processes do not share. Errors: BotError `store.*`.
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
  refuseNewerStores(dataDir);
  return stack.move();
}

/** Lets the compiler see the hot loop before somebody speaks: the first windows would take twenty times as long. */
function warmUp(weights: SileroWeights): void {
  const activity = new VoiceActivity(weights);
  const silence = new Float32Array(windowSamples);
  for (let window = 0; window < 50; window++) activity.probability(silence);
}

function answeringPartsOf({ config, engines, tap }: BotOptions, name: string): AnsweringParts {
  const chat = withoutToolsOnRefusal(engines.chat(name));
  const pipelines = pipelinesOf(config, engines, chat);
  return { chat, pipelines: tap?.(pipelines) ?? pipelines };
}
