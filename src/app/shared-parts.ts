import packageJson from '#package.json' with { type: 'json' };
import { TokenBudgets } from '#src/api/tokens/token-budgets.ts';
import { loadSilero, type SileroWeights } from '#src/audio/voice/silero.ts';
import { windowSamples } from '#src/audio/voice/silero-layers.ts';
import { VoiceActivity } from '#src/audio/voice/voice-activity.ts';
import { realClock } from '#src/base/clock.ts';
import { withoutToolsOnRefusal } from '#src/chat/completions/without-tools.ts';
import type { ChatModel } from '#src/chat/ports.ts';
import type { StoreCopies } from '#src/people/store-copies.ts';
import { type Cues, loadCues } from '#src/playback/reply/load-cues.ts';
import type { Pipelines } from '#src/session/ports/pipelines.ts';
import { ReminderClock } from '#src/session/reminders/reminder-clock.ts';
import type { TranscriptStores } from '#src/session/transcripts/transcript-stores.ts';
import type { VoiceSessions } from '#src/session/voice-sessions.ts';
import { ListeningSlots } from '#src/speech/listening-slots.ts';
import {
  openTextLanguage,
  type TextLanguageDetector,
} from '#src/speech/text-language/text-language.ts';
import type { SessionBudgets } from '#src/spending/session-budgets.ts';
import { SpeedStats } from '#src/status/stats-book.ts';
import { FileCopies } from '#src/storage/backups/file-copies.ts';
import { removeLeftovers } from '#src/storage/backups/restore.ts';
import { lockDataDir } from '#src/storage/data-dir/data-dir-lock.ts';
import { refuseNewerStores } from '#src/storage/data-dir/store-files.ts';
import type { Store } from '#src/storage/store.ts';
import { PartialTrust } from '#src/turn/partial-trust.ts';
import type { BotOptions } from './bot-options.ts';
import { openBudget } from './budget.ts';
import { pipelinesOf } from './engines/pipelines.ts';
import { type OperatorTools, openOperatorTools } from './external-tools.ts';
import { openSounds, type Sounds } from './sounds.ts';
import { openBotStore } from './store.ts';
import { openTranscriptStores } from './transcripts.ts';

/** What all shards of a process share. */
export type SharedParts = {
  readonly store: Store;
  readonly transcripts: TranscriptStores;
  readonly storeCopies: StoreCopies;
  readonly reminders: ReminderClock;
  readonly sounds: Sounds;
  readonly weights: SileroWeights;
  readonly cues: Cues;
  readonly desk: SessionBudgets;
  /** Own budgets of programs. */
  readonly tokenBudgets: TokenBudgets;
  readonly stats: SpeedStats;
  readonly partialTrust: PartialTrust;
  readonly listeningSlots: ListeningSlots;
  readonly operatorTools: OperatorTools;
  readonly textLanguage: TextLanguageDetector;
  /** What answers under this name; made once, as all shards log in as one bot. */
  answering(name: string): AnsweringParts;
};

export type AnsweringParts = { readonly chat: ChatModel; readonly pipelines: Pipelines };

const withoutSimd =
  'WebAssembly has no SIMD on this processor: voice activity runs in plain TypeScript, at several times the CPU.';

/** Opens what shards share; `sessionsOf` finds the sessions of the shard of a server, where this process serves it. */
export async function openSharedParts(
  options: BotOptions,
  sessionsOf: (guildId: string) => VoiceSessions | undefined,
  signal: AbortSignal,
): Promise<SharedParts & AsyncDisposable> {
  const { config } = options;
  const { transcription } = config;
  await using stack = new AsyncDisposableStack();
  stack.use(await claimDataDir(options, signal));
  const loading = [loadSilero(), loadCues(), openBotStore(options, signal)] as const;
  const [weights, cues, { store, sharedSpending, pool }] = await Promise.all(loading);
  stack.use(store);
  const transcripts = stack.use(await openTranscriptStores(config, pool, options));
  const storeCopies = openStoreCopies(options, stack);
  const sounds = stack.use(openSounds(config));
  const { onSession: onEvent } = options;
  const reminders = stack.use(
    new ReminderClock({ clock: realClock, store: store.reminders, onEvent }),
  );
  if (weights.kind === 'plain') options.onDiscord({ kind: 'warning', message: withoutSimd });
  warmUp(weights);
  const tokenBudgets = new TokenBudgets();
  const { desk } = stack.use(
    await openBudget({
      config,
      book: store.spending,
      ...(sharedSpending && { sharedSpending }),
      wayIn: (guildId) => {
        const sessions = sessionsOf(guildId);
        return sessions?.settings.at(guildId, sessions.at(guildId)?.channelId) ?? config;
      },
      keepsCaptions: (guildId) =>
        sessionsOf(guildId)
          ?.sessions(guildId)
          .some(({ context }) => context.captions.active) === true,
      guildCapsOf: (guildId) => sessionsOf(guildId)?.settings.capsIn(guildId) ?? {},
      ownCapOf: (payerId) => tokenBudgets.capOf(payerId),
      onEvent: options.onSession,
      alert: options.onStore,
      warn: (message, cause) => options.onDiscord({ kind: 'warning', message, cause }),
    }),
  );
  const tellOfTools = (message: string) => options.onDiscord({ kind: 'warning', message });
  const operatorTools = stack.use(await openOperatorTools(config, tellOfTools, signal));
  let answering: AnsweringParts | undefined;
  const closing = stack.move();
  return {
    store,
    transcripts,
    storeCopies,
    reminders,
    sounds,
    weights,
    cues,
    desk,
    tokenBudgets,
    stats: new SpeedStats(),
    partialTrust: new PartialTrust(
      'hasStablePartials' in transcription && transcription.hasStablePartials,
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
  removeLeftovers(dataDir);
  return stack.move();
}

/** What copies a database has, only its owner knows. */
function openStoreCopies(
  { config: { dataDir, databaseUrl }, onStore }: BotOptions,
  stack: AsyncDisposableStack,
): StoreCopies {
  if (databaseUrl) return { forget: async () => ({ kind: 'kept' }) };
  return stack.use(new FileCopies(dataDir, realClock, onStore));
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
