import type { EngineNews } from '#src/app/engines/engine-news.ts';
import { logLocalModel, measureLocalModel } from '#src/app/engines/local-model-news.ts';
import { findChatModel, openEngines } from '#src/app/engines/open-engines.ts';
import { servePrograms } from '#src/app/page/serve-programs.ts';
import { logShards } from '#src/app/shards/shard-log.ts';
import { loadOpus } from '#src/audio/opus/opus-codec.ts';
import { realClock } from '#src/base/clock.ts';
import { BotError } from '#src/base/errors.ts';
import { type GuildId, noGuild } from '#src/base/ids.ts';
import { admitError, admitSetting, writeSentence } from '#src/base/logged-text.ts';
import type { WaitAnnouncer } from '#src/base/loops/announced-wait.ts';
import { keepServer } from '#src/base/loops/keep-server.ts';
import type { Secret } from '#src/base/secret.ts';
import { type Config, type ConfigResult, readEnvironment } from '#src/config/config.ts';
import { listSecrets } from '#src/config/models-in-use.ts';
import { listPricesInUse, type PriceInUse } from '#src/config/tariffs.ts';
import { writeToOperator } from '#src/discord/account/operator-message.ts';
import type { DiscordEvent } from '#src/discord/discord-event.ts';
import { features } from '#src/features/features.ts';
import { AlertBoard } from '#src/ops/alert-board.ts';
import { type Log, logSession, openLog } from '#src/ops/log.ts';
import { type Metrics, openMetrics } from '#src/ops/metrics/metrics.ts';
import { openTraces, type Traces } from '#src/ops/metrics/traces.ts';
import { OperatorNotices } from '#src/ops/operator-notices.ts';
import { Readiness } from '#src/ops/readiness.ts';
import { openStatusServer } from '#src/ops/status-server.ts';
import type { SessionEvent } from '#src/ports/session-events.ts';
import type { ProviderEvent } from '#src/provider/provider-event.ts';
import type { StoreEvent } from '#src/storage/store-health.ts';
import { type RunningBot, startBot } from './bot.ts';
import type { BotOptions } from './bot-options.ts';
import { logProvider } from './provider-log.ts';
import { reloadSettings } from './reload-settings.ts';

/** `signal` ends in order, and `hurry` at once. */
export type ExitSignals = { readonly signal: AbortSignal; readonly hurry: AbortSignal };

type DiscordRunOptions = ExitSignals & {
  readonly readAnew: () => ConfigResult;
  readonly waits: WaitAnnouncer;
};

/** Runs until stopped, or until Discord ends the login. Returns the exit code. */
export async function runOnDiscord(
  config: Config,
  { token, ...api }: { readonly token: Secret; readonly apiUrl?: string },
  { signal, hurry, readAnew, waits }: DiscordRunOptions,
): Promise<number> {
  const { monitoring } = config;
  const log = openLog(monitoring.logLevel, listSecrets(config));
  let running: RunningBot | undefined;
  // SIGHUP also comes when a terminal closes.
  process.on('SIGHUP', () => {
    reloadSettings(config, readAnew(), log);
    running?.leaveDisallowed();
  });
  const isReady = () => !signal.aborted && running?.isReady() === true;
  using metrics = openMetrics(isReady);
  countTotal(config, metrics, () => running);
  const address = { webhook: monitoring.operatorWebhook, discord: { token, ...api } };
  const watchers = createWatchers(log, metrics, { address, isReady, signal });
  await using _status = await showStatus(monitoring, watchers);
  await using _programs = await servePrograms(config, log, () => running?.programs);
  const codec = await loadOpus();
  const traces = openTraces(realClock, readEnvironment(), findChatModel(config));
  const listeners: Listeners = { ...watchers, traces };
  const opening = openEngines(config, (news) => noteEngine(listeners, news));
  await using engines = await waits.announce(
    'ears, voice and chat model to load',
    opening,
  );
  measureLocalModel(metrics.meters, () => engines.getLocalModel());
  const closed = Promise.withResolvers<number>();
  const login = startBot(
    {
      config,
      engines,
      codec,
      discord: { token: token.reveal(), ...api },
      ...createReporters(listeners, config, closed.resolve),
    },
    signal,
  );
  await using bot = await waits.announce('data to open and Discord to answer', login);
  running = bot;
  hurry.addEventListener('abort', () => {
    log.warn(
      { why: admitSetting(`${hurry.reason}`) },
      'leaving every channel and ending at once',
    );
    bot.leaveNow();
  });
  surviveBugs(log, metrics);
  log.info(
    {
      bot: admitSetting(bot.name ?? ''),
      opus: admitSetting(codec.name),
      invite: admitSetting(bot.inviteUrl ?? ''),
    },
    'ready: call it with /join',
  );
  signal.addEventListener('abort', async () => {
    log.info({ why: admitSetting(`${signal.reason}`) }, draining);
    await bot.drain(drainMs);
    closed.resolve(0);
  });
  if (signal.aborted) closed.resolve(0);
  return await closed.promise;
}

type ListenerOptions = {
  /** Where the operator reads notices. */
  readonly address: Parameters<typeof writeToOperator>[1];
  readonly isReady: () => boolean;
  readonly signal: AbortSignal;
};

function createWatchers(
  log: Log,
  metrics: Metrics,
  { address, isReady, signal }: ListenerOptions,
): Watchers {
  const notices = new OperatorNotices({
    clock: realClock,
    log,
    // REST works while the gateway is away.
    send: (notice, until) => writeToOperator(notice, address, until),
    signal,
  });
  const declared = features.flatMap(({ alerts = [] }) => alerts);
  const alerts = new AlertBoard(log, metrics.meters, declared, notices);
  metrics.loop.onAlert((change) => alerts.report(change));
  const readiness = new Readiness({
    isConnected: isReady,
    isDraining: () => signal.aborted,
    getLoopDelayMs: () => metrics.getLoopDelayMs(),
    listAlerts: () => alerts.raised,
  });
  return { log, metrics, alerts, notices, readiness };
}

/** `endProcess` takes the exit code. */
function createReporters(
  listeners: Listeners,
  config: Config,
  endProcess: (exitCode: number) => void,
): Pick<
  BotOptions,
  'isOverloaded' | 'onSession' | 'onDiscord' | 'onShards' | 'onStore'
> {
  const { alerts, log, metrics, notices } = listeners;
  return {
    isOverloaded: () => alerts.isRaised('event-loop-delayed'),
    onSession: (guildId, event) => reportSession(listeners, guildId, event),
    onDiscord: (event, shardId) => {
      noteDiscord(log, metrics, event, shardId);
      if (event.kind === 'ready') logPrices(log, config);
      if (event.kind === 'alert') alerts.report(event, event.guildId);
      if (event.kind === 'closed')
        endProcess(fatalCloseCodes.has(event.closeCode) ? 78 : 1);
    },
    onShards: (news) => logShards(log, notices, news, () => endProcess(1)),
    onStore: (event) => {
      if (event.kind === 'alert') alerts.report(event);
      else noteStore(listeners, event);
      if (event.kind === 'refused') notices.report(event.error.code);
    },
  };
}

function countTotal(
  { budget }: Config,
  { meters }: Metrics,
  bot: () => RunningBot | undefined,
) {
  if (budget.totalDayNanoUsd === 0) return;
  const help = 'US dollars that all servers of all processes';
  meters.addGauge(
    'total_spent_today_usd',
    `${help} have spent today (UTC).`,
    () => bot()?.findTotal()?.usd,
  );
  meters.addGauge(
    'total_cap_usd',
    `${help} may spend a day.`,
    () => bot()?.findTotal()?.capUsd,
  );
}

/** Logs engines that cost nothing, and those counted by an estimate. */
function logPrices(log: Log, config: Config) {
  const listNames = (prices: readonly PriceInUse[]) =>
    prices.map(({ by }) =>
      by.kind === 'remote' ? `${by.model} at ${by.host}` : 'local',
    );
  const pricesInUse = listPricesInUse(config);
  const free = listNames(pricesInUse.filter(({ price }) => price.kind === 'free'));
  const guessed = listNames(
    pricesInUse.filter(({ price }) => price.kind === 'priced' && price.isEstimate),
  );
  if (free.length > 0)
    log.info(
      writeSentence`engines that cost nothing: ${admitSetting([...new Set(free)].join(', '))}`,
    );
  if (guessed.length > 0)
    log.warn(
      writeSentence`models without a known price, counted by an estimate: ${admitSetting([...new Set(guessed)].join(', '))}`,
    );
}

const draining = 'draining: no more questions are accepted; seats are kept';

/** Objects that watch the bot from its start. */
type Watchers = {
  readonly log: Log;
  readonly metrics: Metrics;
  readonly alerts: AlertBoard;
  readonly notices: OperatorNotices;
  readonly readiness: Readiness;
};

type Listeners = Watchers & { readonly traces: Traces | undefined };

function reportSession(
  { log, metrics, alerts, notices, traces }: Listeners,
  guildId: GuildId,
  event: SessionEvent,
) {
  metrics.sessions.countEvent(guildId, event);
  traces?.report(guildId, event);
  logSession(log, guildId, event);
  // Without a server the alert is about the process.
  if (event.kind === 'alert')
    alerts.report(event, guildId === noGuild ? undefined : guildId);
  if (event.kind === 'failed') notices.report(event.code);
  if (event.kind === 'left') alerts.forget(guildId);
}

/** Time for the last clause. */
const drainMs = 5_000;

/**
 * Close codes that no restart mends:
 * https://docs.discord.com/developers/topics/opcodes-and-status-codes#gateway-gateway-close-event-codes
 */
const fatalCloseCodes = new Set([4004, 4010, 4011, 4012, 4013, 4014]);

function surviveBugs(log: Log, { bugs }: Metrics) {
  // Sessions of other servers go on.
  process.on('uncaughtException', (err, origin) => {
    bugs.inc();
    log.fatal({ err, origin }, 'a bug was caught; the bot goes on');
  });
}

/** Serves the status. The bot goes on without it. */
async function showStatus(
  { status }: Config['monitoring'],
  { log, metrics, readiness }: Watchers,
) {
  if (!status) return undefined;
  const statusSources = {
    reportReadiness: () => readiness.report(),
    getLoopDelayMs: () => metrics.getLoopDelayMs(),
    renderMetrics: () => metrics.page(),
  };
  return await keepServer(
    () => openStatusServer(status, statusSources),
    realClock,
    (news) => {
      if (news.kind === 'refused') log.warn(admitSetting(news.why));
      else
        log.info(
          { url: admitSetting(`${news.server.url}`) },
          'status: /healthz, /readyz, /metrics',
        );
    },
  );
}

function noteEngine(listeners: Listeners, news: EngineNews) {
  const { alerts, log, metrics } = listeners;
  if (news.kind === 'alert') return alerts.report(news);
  if (news.kind === 'pause-skipped')
    return metrics.skippedPauses.inc({ work: news.work });
  if (news.kind === 'ready')
    return log.info({ role: news.role, tookMs: Math.round(news.tookMs) }, news.what);
  if (news.kind === 'failed' || news.kind === 'mended') noteProvider(listeners, news);
  if (news.kind === 'local-model') return logLocalModel(log, news.state);
  logProvider(log, metrics.providers, news);
}

function noteStore(
  { log, metrics, readiness }: Watchers,
  event: Exclude<StoreEvent, { kind: 'alert' }>,
) {
  switch (event.kind) {
    case 'opened':
      return readiness.setStoreFault(undefined);
    case 'refused': {
      const { code, message, cause } = event.error;
      readiness.setStoreFault(message);
      return log.warn({ code, err: cause }, admitError(event.error));
    }
    case 'warning':
      return log.warn(event.message);
    case 'copied':
      return log.info(
        { copies: admitSetting(event.copies.join(', ')) },
        'store: copied before it is brought to a new format',
      );
    case 'written':
      return metrics.writes.observe(event.tookMs / 1000);
  }
}

const providerAction =
  'Check that server, its account and its key: npm run doctor tries each.';

function noteProvider(
  { notices }: Listeners,
  news: Extract<ProviderEvent, { kind: 'failed' | 'mended' }>,
) {
  const name = `${news.role} ${news.provider}`;
  const code = news.kind === 'failed' ? news.code : undefined;
  notices.reportFault(
    name,
    code && { name: code, meaning: `${name} fails`, action: providerAction },
  );
}

/** Counts and logs an event. `shardId` is absent for the whole process. */
function noteDiscord(
  processLog: Log,
  { discord, loop }: Pick<Metrics, 'discord' | 'loop'>,
  event: DiscordEvent,
  shardId: number | undefined,
) {
  const log = shardId === undefined ? processLog : processLog.child({ shard: shardId });
  switch (event.kind) {
    case 'ready':
      log.info({ servers: event.guilds }, 'logged in to Discord');
      return;
    case 'warning': {
      const { cause: err, guildId, message } = event;
      log.warn(
        { guildId, code: err instanceof BotError ? err.code : undefined, err },
        message,
      );
      return;
    }
    case 'closed':
      log.error(
        { closeCode: event.closeCode },
        event.remedy ?? 'Discord closed the gateway permanently',
      );
      return;
    case 'command-failed':
      log.error(
        { command: event.name, code: event.code, err: event.error },
        'a command failed',
      );
      return;
    case 'gateway':
      discord.gateway.inc({ what: event.what, shard: `${shardId ?? 0}` });
      log[event.what === 'reconnecting' ? 'warn' : 'info'](
        { what: event.what },
        event.kind,
      );
      return;
    case 'message': // a failed one is logged by its writer
      discord.messages.inc({ outcome: event.outcome });
      return;
    case 'stalled': // counted by the link, told by the alert
      loop.noteDelay(event.lateMs);
      return;
    case 'link-made':
      discord.countLink(event.guildId, event.counts);
      return;
    case 'command':
      discord.commands.observe({ name: event.name }, event.tookMs / 1000);
      break;
    case 'link-opened':
      discord.onLinkOpened(event.guildId);
      break;
    case 'link-closed':
      discord.onLinkClosed(event.guildId, event.counts);
      break;
    case 'voice-closed':
      discord.voiceCloses.inc({ code: `${event.closeCode}` });
      break;
    case 'alert':
      return; // written by the alert board
    default: // nothing is counted
  }
  log.info(event, event.kind);
}
