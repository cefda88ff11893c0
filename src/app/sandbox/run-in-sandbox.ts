import { join } from 'node:path';
import { startBot } from '#src/app/bot.ts';
import type { BotOptions } from '#src/app/bot-options.ts';
import type { EngineNews } from '#src/app/engines/engine-news.ts';
import { describeLocalModel } from '#src/app/engines/local-model-news.ts';
import {
  type Engines,
  findChatModel,
  openEngines,
} from '#src/app/engines/open-engines.ts';
import { openProgramDoor } from '#src/app/page/serve-programs.ts';
import { loadOpus } from '#src/audio/opus/opus-codec.ts';
import {
  type AlertChange,
  type FeatureAlertChange,
  toFeatureAlert,
} from '#src/base/alerts.ts';
import { waitUnlessAborted } from '#src/base/bounded-wait.ts';
import { realClock } from '#src/base/clock.ts';
import { type GuildId, toGuildId } from '#src/base/ids.ts';
import type { LoggedText } from '#src/base/logged-text.ts';
import { admitError } from '#src/base/logged-text.ts';
import type { WaitAnnouncer } from '#src/base/loops/announced-wait.ts';
import { type Config, readEnvironment } from '#src/config/config.ts';
import { AnswerOrder } from '#src/console/answer-order.ts';
import { EventLog } from '#src/console/event-log.ts';
import {
  checkAnswerWords,
  consoleSpeaker,
  type FailedExchange,
  openFolder,
  runFirstExchange,
  type SandboxObservers,
} from '#src/console/exchange.ts';
import {
  type ConversationPrinter,
  createConversationPrinter,
  printEvent,
  printMessage,
} from '#src/console/printer.ts';
import {
  type PageEvent,
  type PageLine,
  startSandbox,
  trustCertificate,
} from '#src/console/sandbox-process.ts';
import { performLines } from '#src/console/typed-lines.ts';
import type { DiscordEvent } from '#src/discord/discord-event.ts';
import { openTraces } from '#src/ops/metrics/traces.ts';
import type { SessionEvent } from '#src/ports/session-events.ts';
import { openLocalTranscriber } from '#src/speech/local/local-transcriber.ts';
import type { AccessSource } from '#src/web/api/authorise.ts';
import { createLocalGlimpser } from './local-glimpser.ts';
import { PageQuestions } from './page-questions.ts';
import { PageView, toModelsEvent } from './page-view.ts';

export type SandboxArguments = {
  /** One judged exchange, then the end. */
  readonly once: boolean;
  readonly waits: WaitAnnouncer;
};

/**
 * Starts sandbox and bot for a newcomer. Returns the exit code, or `restart` where the page asked for a start with new settings.
 * Throws BotError.
 */
export async function runInSandbox(
  config: Config,
  { once, waits }: SandboxArguments,
  signal: AbortSignal,
): Promise<number | 'restart'> {
  openFolder(config.storage.dataDir);
  const unread = new AbortController();
  process.stdout.on('error', () => unread.abort(new Error('the output has no reader')));
  const restarting = new AbortController();
  const restart = () => restarting.abort(new Error('the page asked for a restart'));
  const until = AbortSignal.any([signal, unread.signal, restarting.signal]);
  try {
    await using run = await startSandboxRun(
      config,
      { page: once ? undefined : config.page, restart, waits },
      until,
    );
    const running = AbortSignal.any([until, run.observers.sandbox.gone]);
    return once ? await runOnce(run, running) : await runPrompt(run, running);
  } catch (error) {
    if (unread.signal.aborted) return 0;
    if (restarting.signal.aborted && !signal.aborted) return 'restart';
    throw error;
  }
}

type SandboxRunOptions = Pick<SandboxArguments, 'waits'> &
  Pick<Config, 'page'> & { readonly restart: () => void };

async function startSandboxRun(
  config: Config,
  { page, restart, waits }: SandboxRunOptions,
  signal: AbortSignal,
): Promise<SandboxRun & AsyncDisposable> {
  const show = createConversationPrinter(process.stdout);
  const events = new EventLog(realClock);
  const { storage } = config;
  const botName = config.bot.name ?? 'Nova';
  const view = createSandboxView(show, botName);
  const { transcription } = config.engines;
  await using stack = new AsyncDisposableStack();
  const glimpser =
    page && transcription.kind === 'local'
      ? stack.use(createLocalGlimpser(realClock, transcription))
      : undefined;
  const pageView = new PageView(botName, glimpser);
  let isTold = false; // of `/join` the first exchange shows nothing
  const loaded = Promise.withResolvers<void>();
  const stopLocalModel = async () => await (await opening).stopLocalModel();
  const questions = new PageQuestions({ restart, signal, stopLocalModel });
  const starting = startSandbox(
    (message) => isTold && printMessage(message, show),
    signal,
    page && {
      ...page,
      keptFile: join(storage.dataDir, 'sandbox-page.json'),
      onAsked: (request) => questions.perform(request),
      onPage: (outcome) => void loaded.promise.then(() => showPage(outcome, show)),
      onWatched: (isWatched) => pageView.onWatched(isWatched),
    },
  );
  const opening = openEngines(config, (news) => {
    view.onEngine(news);
    pageView.onEngine(news);
  });
  const [sandbox, engines, codec] = await Promise.all([
    waits.announce('the sandbox to start', starting),
    waits.announce('ears, voice and chat model to load', opening),
    loadOpus(),
  ]);
  stack.use(sandbox);
  stack.use(engines);
  trustCertificate(sandbox.ready.ca);
  // A sandbox that is gone says so itself.
  if (page) {
    const tellPage = (event: PageEvent) =>
      void sandbox.sendRequest({ do: 'tell', event }).catch(() => undefined);
    const hasChatModel = engines.hasChatModel || config.engines.pipeline === 'realtime';
    tellPage(toModelsEvent(hasChatModel, engines.getLocalModel()));
    pageView.connect(tellPage);
  }
  const { apiUrl, cdnHost, token } = sandbox.ready;
  const login = startBot(
    {
      config: toSandboxConfig(config, botName, cdnHost),
      engines,
      codec,
      discord: { token, apiUrl, cdnUrl: `https://${cdnHost}` },
      roomView: page && pageView,
      ...createReporters(events, [view, pageView], view, findChatModel(config)),
    },
    signal,
  );
  const bot = await waits.announce('the bot to open its data and log in', login);
  stack.use(bot);
  loaded.resolve();
  await loaded.promise; // the link stands before the first exchange
  if (page) {
    stack.use(
      await openSandboxPrograms({
        page,
        access: () => bot.programs,
        guildId: toGuildId(sandbox.ready.guildId),
        report: (sentence) => show.printNote(sentence),
      }),
    );
  }
  return Object.assign(stack.move(), {
    engines,
    observers: { sandbox, events, show, botName, dataDir: storage.dataDir },
    waits,
    showMessages() {
      isTold = true;
    },
  });
}

/** Words of simulated people stay apart from those of the bot on Discord. */
function toSandboxConfig(config: Config, botName: string, cdnHost: string): Config {
  const { bot, sounds, storage } = config;
  return {
    ...config,
    bot: { ...bot, name: botName },
    sounds: { ...sounds, allowedHosts: [...sounds.allowedHosts, cdnHost] },
    storage: { ...storage, dataDir: join(storage.dataDir, 'sandbox') },
  };
}

function showPage(outcome: PageLine, show: ConversationPrinter) {
  if ('why' in outcome) return show.printNote(outcome.why);
  show.printNote('No DISCORD_TOKEN: the sandbox. Talk in your browser:');
  show.printNote(outcome.link); // a line of its own, which no terminal of 80 columns breaks
}

function createReporters(
  events: EventLog,
  views: readonly Pick<SandboxView, 'onSession'>[],
  view: SandboxView,
  chatModel: LoggedText | undefined,
): Pick<BotOptions, 'onSession' | 'onDiscord' | 'onStore'> {
  const traces = openTraces(realClock, readEnvironment(), chatModel);
  return {
    onSession(guildId, event) {
      traces?.report(guildId, event);
      events.report(event);
      for (const each of views) each.onSession(event);
    },
    onDiscord(event) {
      if (event.kind === 'command' || event.kind === 'command-failed') {
        events.report({ kind: 'completed' });
      }
      view.onDiscord(event);
    },
    onStore(event) {
      if (event.kind === 'warning') view.onDiscord(event);
      if (event.kind === 'refused')
        view.onDiscord({ kind: 'warning', message: admitError(event.error) });
    },
  };
}

type SandboxProgramOptions = {
  /** Programs get the first free port after the page. */
  readonly page: NonNullable<Config['page']>;
  /** Returns undefined until the bot has started. */
  readonly access: AccessSource['access'];
  readonly guildId: GuildId;
  /** Shows where programs find the bot, or a failure. */
  report(sentence: string): void;
};

/** Serves programs beside the sandbox. */
export async function openSandboxPrograms({
  page: { host: hostName, port, programOrigins },
  access,
  guildId,
  report,
}: SandboxProgramOptions): Promise<AsyncDisposable | undefined> {
  const { openAtFreePort } = await import('#src/web/http/listener.ts');
  const { openDoors } = await import('#src/web/http/doors.ts');
  const door = await openProgramDoor(access, (error) =>
    report(`a request of a program failed: ${error}`),
  );
  const outcome = await openAtFreePort(
    port + 1,
    async (free) =>
      await openDoors({ ...door, host: hostName, port: free, programOrigins }),
  );
  if (outcome.kind === 'refused') {
    report(outcome.why);
    return undefined;
  }
  const { server } = outcome;
  report(
    `HTTP for programs (docs/http.md): ${new URL(`/v1/servers/${guildId}`, server.url)}`,
  );
  return server;
}

type SandboxRun = {
  readonly engines: Engines;
  readonly observers: SandboxObservers;
  readonly waits: WaitAnnouncer;
  /** Shows messages of the bot from now on. */
  showMessages(): void;
};

/**
 * Plays one exchange and its proof. Returns the exit code. Throws as `runInSandbox`
 * does.
 */
async function runOnce(run: SandboxRun, signal: AbortSignal) {
  const { engines, observers } = run;
  const { show } = observers;
  const exchange = await waitForFirstExchange(run, signal);
  if (exchange.kind === 'failed') {
    showFailure(exchange, show);
    return 1;
  }
  // The local recogniser judges where it loads, since it cannot be told the answer.
  const transcriber = await openLocalTranscriber({ models: engines.localModels }).catch(
    () => engines.transcriber,
  );
  const { verdict, reason } = await checkAnswerWords(exchange, transcriber, signal);
  const startedMs = realClock.nowMs() - process.uptime() * 1000;
  const heardS = (exchange.heard.firstAudibleAtMs - startedMs) / 1000;
  show.printNote(`first reply heard ${heardS.toFixed(1)} s after the start`);
  const isProved = verdict === 'ok';
  show.printNote(
    `${isProved ? 'the received sound holds' : 'failed at words:'} ${reason}`,
  );
  return isProved ? 0 : 1;
}

async function waitForFirstExchange(
  { observers, waits }: SandboxRun,
  signal: AbortSignal,
) {
  const exchange = runFirstExchange(observers, signal);
  return await waits.announce('the first question to be heard and answered', exchange);
}

function showFailure(
  { isShown, stage, why: reason }: FailedExchange,
  show: ConversationPrinter,
) {
  if (!isShown) show.printNote(`failed at ${stage}: ${reason}`);
}

/**
 * Plays one exchange, then typed lines until their end, or until `signal` is aborted.
 * Returns the exit code. Throws as `runInSandbox` does.
 */
async function runPrompt(run: SandboxRun, signal: AbortSignal) {
  const { observers, showMessages } = run;
  const { show } = observers;
  const exchange = await waitForFirstExchange(run, signal);
  if (exchange.kind === 'failed') showFailure(exchange, show);
  showMessages();
  show.printNote(
    `Type to speak as ${consoleSpeaker}; /help shows commands; Ctrl+C leaves.`,
  );
  const hasLines = await performLines(process.stdin, observers, signal);
  if (hasLines || process.stdin.isTTY) return 0;
  show.printNote(
    'Nobody can type here, so it runs until it is stopped. Open the page to talk.',
  );
  return await waitUnlessAborted(new Promise<never>(() => {}), signal);
}

/** Shows events of the bot in the terminal. */
interface SandboxView {
  /** Shows a failing engine and its fallback. */
  onEngine(news: EngineNews): void;
  /** Shows warnings and failed commands. */
  onDiscord(event: DiscordEvent): void;
  /** Shows alerts, words and outcomes. */
  onSession(event: SessionEvent): void;
}

function createSandboxView(show: ConversationPrinter, botName: string): SandboxView {
  function showAlert(change: AlertChange | FeatureAlertChange) {
    if (change.state === 'raised')
      show.printNote(`${toFeatureAlert(change).meaning}: ${change.cause}`);
  }

  const order = new AnswerOrder(realClock, (event) => printEvent(event, botName, show));
  return {
    onEngine(news) {
      switch (news.kind) {
        case 'fallback-on':
          show.printNote(`${news.role}: ${news.from} is down, using ${news.to}`);
          return;
        case 'fallback-off':
          show.printNote(`${news.role}: ${news.back} is back`);
          return;
        case 'alert':
          showAlert(news);
          return;
        case 'habit':
          show.printNote(
            `${news.provider}: ${news.what.replace(/\.$/, '')}; ${news.mend}`,
          );
          return;
        case 'local-model':
          show.printNote(describeLocalModel(news.state));
          return;
        case 'ready':
        case 'failed':
        case 'mended':
        case 'pause-skipped':
          return; // shown with the outcome
      }
    },
    onDiscord(event) {
      if (event.kind === 'warning') show.printNote(event.message);
      if (event.kind === 'alert') showAlert(event);
      if (event.kind === 'command-failed')
        show.printNote(`${event.name} failed: ${event.error}`);
    },
    onSession(event) {
      if (event.kind === 'alert') showAlert(event);
      else order.report(event);
    },
  };
}
