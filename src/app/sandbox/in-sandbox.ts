import { join } from 'node:path';
import { startBot } from '#src/app/bot.ts';
import type { BotOptions } from '#src/app/bot-options.ts';
import { openEngines } from '#src/app/engines/engines.ts';
import { programDoor } from '#src/app/page/serve-programs.ts';
import { loadCorrections } from '#src/app/text-corrections.ts';
import { loadOpus } from '#src/audio/opus/load-opus.ts';
import { realClock } from '#src/base/clock.ts';
import { processEnvironment } from '#src/config/config.ts';
import type { Config } from '#src/config/types.ts';
import { EventLog } from '#src/console/event-log.ts';
import { openFolder } from '#src/console/exchange.ts';
import { ConversationPrinter, printMessage } from '#src/console/printer.ts';
import type { SandboxPageLine } from '#src/console/sandbox-lines.ts';
import { SandboxProcess, trust } from '#src/console/sandbox-process.ts';
import { openTraces } from '#src/ops/metrics/traces.ts';
import type { AccessSource } from '#src/web/api/authorise.ts';
import { PageView } from './page-view.ts';
import { runOnce, runPrompt, type SandboxRun } from './sandbox-run.ts';
import { SandboxView } from './sandbox-view.ts';

/** Options of the command line for a run in the sandbox. */
export type SandboxArguments = {
  /** One exchange, judged; then the end. */
  readonly once: boolean;
};

/**
 * The newcomer's start: sandbox and bot, a conversation to watch and to hear, then to take part in. Returns the exit
 * code. Errors: BotError. Aborting `signal` throws its reason.
 */
export async function inSandbox(
  config: Config,
  { once }: SandboxArguments,
  signal: AbortSignal,
): Promise<number> {
  loadCorrections(config, (complaint) => console.error(complaint));
  openFolder(config.dataDir);
  const unread = new AbortController();
  process.stdout.on('error', () => unread.abort(new Error('the output has no reader')));
  const until = AbortSignal.any([signal, unread.signal]);
  try {
    await using run = await startSandboxRun(config, once ? undefined : config.page, until);
    const running = AbortSignal.any([until, run.observers.sandbox.gone]);
    return once ? await runOnce(run, running) : await runPrompt(run, running);
  } catch (error) {
    if (unread.signal.aborted) return 0;
    throw error;
  }
}

/** Starts the sandbox, then the bot in it. Errors and abort: as `inSandbox`. */
async function startSandboxRun(
  config: Config,
  page: Config['page'],
  signal: AbortSignal,
): Promise<SandboxRun & AsyncDisposable> {
  const show = new ConversationPrinter(process.stdout);
  const events = new EventLog(realClock);
  const botName = config.bot.name ?? 'Nova';
  const view = new SandboxView(show, botName);
  const pageView = new PageView(botName);
  const ownDir = join(config.dataDir, 'sandbox');
  let isTold = false; // of `/join` the first exchange shows nothing
  const loaded = Promise.withResolvers<void>();
  const [sandbox, engines, codec] = await Promise.all([
    SandboxProcess.start(
      (message) => isTold && printMessage(message, show),
      signal,
      page && {
        ...page,
        keptFile: join(config.dataDir, 'sandbox-page.json'),
        onPage: (line) => void loaded.promise.then(() => showPage(line, show)),
      },
    ),
    openEngines(config, (news) => {
      view.engine(news);
      pageView.engine(news);
    }),
    loadOpus(),
  ]);
  await using stack = new AsyncDisposableStack();
  stack.use(sandbox);
  stack.use(engines);
  trust(sandbox.ready.ca);
  if (page) pageView.connect((event) => sendToPage(sandbox, event));
  const { token, apiUrl } = sandbox.ready;
  // Words of simulated people are kept apart from those of real ones.
  const own = {
    bot: { ...config.bot, name: botName },
    allowedHosts: [...config.allowedHosts, sandbox.ready.cdnHost],
    dataDir: ownDir,
  };
  const bot = await startBot(
    {
      config: { ...config, ...own },
      engines,
      codec,
      discord: { token, apiUrl },
      ...reportOf(events, [view, pageView], view),
    },
    signal,
  );
  stack.use(bot);
  loaded.resolve();
  await loaded.promise; // the link stands before the first exchange
  if (page) {
    const { guildId } = sandbox.ready;
    const report = (sentence: string) => show.note(sentence);
    const access = () => bot.programs;
    stack.use(await openSandboxPrograms({ page, access, guildId, report }));
  }
  const { dataDir } = config;
  const observers = { sandbox, events, show, botName, dataDir };
  const tell = () => {
    isTold = true;
  };
  const all = stack.move();
  const dispose = () => all.disposeAsync();
  return { config, engines, observers, tell, [Symbol.asyncDispose]: dispose };
}

function showPage({ link, why }: SandboxPageLine, show: ConversationPrinter): void {
  if (link !== undefined) show.note(`No DISCORD_TOKEN: the sandbox. Talk in your browser: ${link}`);
  if (why !== undefined) show.note(why);
}

/** The page is worth no failure: a sandbox that is gone says so itself. */
function sendToPage(sandbox: SandboxProcess, event: object): void {
  sandbox.ask({ do: 'tell', event }).catch(() => undefined);
}

/** Listeners that pass what happens in the bot to the event log and to the view. */
function reportOf(
  events: EventLog,
  views: readonly Pick<SandboxView, 'session'>[],
  view: SandboxView,
): Pick<BotOptions, 'onSession' | 'onDiscord' | 'onStore'> {
  const traces = openTraces(realClock, processEnvironment());
  return {
    onSession(guildId, event) {
      traces?.report(guildId, event);
      events.report(event);
      for (const each of views) each.session(event);
    },
    onDiscord(event) {
      if (event.kind === 'command' || event.kind === 'command-failed') {
        events.report({ kind: 'done' });
      }
      view.discord(event);
    },
    onStore(event) {
      if (event.kind === 'waiting') view.discord({ kind: 'warning', message: event.message });
      if (event.kind !== 'refused') return;
      view.discord({ kind: 'warning', message: event.error.message });
    },
  };
}

type SandboxProgramOptions = {
  /** Where the sandbox shows its page; programs find this process at the first free port after it. */
  readonly page: NonNullable<Config['page']>;
  readonly access: AccessSource['access'];
  /** The server of the sandbox. */
  readonly guildId: string;
  /** Told in one sentence where programs find the bot, why nowhere, and of failures. */
  report(sentence: string): void;
};

/** HTTP for programs beside the sandbox, whose page is served by its own process. Never throws. */
export async function openSandboxPrograms({
  page: { host, port, apiOrigins = [] },
  access,
  guildId,
  report,
}: SandboxProgramOptions): Promise<AsyncDisposable | undefined> {
  const { openAtFreePort } = await import('#src/web/http/listener.ts');
  const { openProgramDoor } = await import('#src/web/http/doors.ts');
  const onBug = (error: unknown) => report(`a request of a program failed: ${error}`);
  const door = await programDoor(access, onBug);
  const outcome = await openAtFreePort(
    port + 1,
    async (free) => await openProgramDoor({ ...door, apiOrigins, host, port: free }),
  );
  if (outcome.kind === 'refused') {
    report(outcome.why);
    return undefined;
  }
  const { server } = outcome;
  report(`HTTP for programs (docs/http.md): ${new URL(`/v1/servers/${guildId}`, server.url)}`);
  return server;
}
