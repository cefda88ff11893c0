import { join } from 'node:path';
import packageJson from '#package.json' with { type: 'json' };
import { loadOpus } from '#src/audio/opus/load-opus.ts';
import { realClock } from '#src/base/clock.ts';
import type { Config } from '#src/config/types.ts';
import { EventLog } from '#src/console/first-run/event-log.ts';
import { KeptFiles } from '#src/console/first-run/kept-files.ts';
import { checkRecordings } from '#src/console/first-run/recordings.ts';
import { ConversationPrinter } from '#src/console/first-run/show.ts';
import { SpokenRecorder } from '#src/console/first-run/spoken-recorder.ts';
import { openFolder, WavFolder } from '#src/console/first-run/wav-folder.ts';
import { MessageWall } from '#src/console/prompt/message-wall.ts';
import { proposals } from '#src/console/prompt/nearby.ts';
import { SandboxProcess, trust } from '#src/console/sandbox-process.ts';
import { Screen } from '#src/console/screen.ts';
import { startBot } from './bot.ts';
import type { BotOptions } from './bot-options.ts';
import { openEngines } from './engines/engines.ts';
import { runOnce, runPrompt, type SandboxRun } from './sandbox-run.ts';
import { SandboxView } from './sandbox-view.ts';

const why = 'no DISCORD_TOKEN, so this is the sandbox: a small Discord on this machine';

/** Options of the command line for a run in the sandbox. */
export type SandboxWishes = {
  /** One exchange, judged; then the end. */
  readonly once: boolean;
  /** WAV files to be spoken in place of the exchanges. */
  readonly talk: readonly string[];
};

/**
 * The newcomer's start: sandbox and bot, a conversation to watch and to hear, then to take part in. Returns the exit
 * code. Errors: BotError. Aborting `signal` throws its reason.
 */
export async function inSandbox(
  config: Config,
  { once, talk }: SandboxWishes,
  signal: AbortSignal,
): Promise<number> {
  const recordings = await checkRecordings(talk);
  await openFolder(config.dataDir);
  const unread = new AbortController();
  process.stdout.on('error', () => unread.abort(new Error('nobody reads on')));
  const until = AbortSignal.any([signal, unread.signal]);
  try {
    await using run = await startSandboxRun(config, until);
    const running = AbortSignal.any([until, run.stage.sandbox.gone]);
    return once ? await runOnce(run, running) : await runPrompt(run, recordings, running);
  } catch (error) {
    if (unread.signal.aborted) return 0;
    throw error;
  }
}

/** Starts the sandbox, then the bot in it. Errors and abort: as `inSandbox`. */
async function startSandboxRun(
  config: Config,
  signal: AbortSignal,
): Promise<SandboxRun & AsyncDisposable> {
  const screen = new Screen(process.stdout);
  const show = new ConversationPrinter(screen);
  const events = new EventLog(realClock);
  const botName = config.bot.name ?? 'Nova';
  const wall = new MessageWall(show, botName, new KeptFiles(config.dataDir));
  const view = new SandboxView(show, botName);
  show.title(`Parley ${packageJson.version} - ${why}`);
  const [sandbox, engines, codec] = await Promise.all([
    SandboxProcess.start((message) => wall.take(message), signal),
    openEngines(config, (news) => view.engine(news)),
    loadOpus(),
  ]);
  await using stack = new AsyncDisposableStack();
  stack.use(sandbox);
  stack.use(engines);
  trust(sandbox.ready.ca);
  const recorder = new SpokenRecorder();
  const { token, apiUrl } = sandbox.ready;
  // What simulated people said is kept apart from what real ones did.
  const own = {
    bot: { ...config.bot, name: botName },
    allowedHosts: [...config.allowedHosts, sandbox.ready.cdnHost],
    dataDir: join(config.dataDir, 'sandbox'),
  };
  const bot = await startBot(
    {
      config: { ...config, ...own },
      engines: { ...engines, synthesizer: recorder.synthesizer(engines.synthesizer) },
      codec,
      tap: (pipelines) => recorder.pipelines(pipelines),
      discord: { token, apiUrl },
      ...told(events, view, codec.name),
    },
    signal,
  );
  stack.use(bot);
  for (const line of await proposals()) show.note(line);
  show.blank();
  const { dataDir } = config;
  const folder = new WavFolder(dataDir);
  const stage = { sandbox, events, show, botName, dataDir, recorder, folder };
  const all = stack.move();
  const dispose = () => all.disposeAsync();
  return { config, engines, screen, wall, stage, [Symbol.asyncDispose]: dispose };
}

/** Listeners that pass what happens in the bot to the event log and to the view. */
function told(
  events: EventLog,
  view: SandboxView,
  codec: string,
): Pick<BotOptions, 'onSession' | 'onDiscord' | 'onStore'> {
  return {
    onSession(_guildId, event) {
      events.tell(event);
      view.session(event);
    },
    onDiscord(event) {
      if (event.kind === 'command' || event.kind === 'command-failed') {
        events.tell({ kind: 'done', errand: event.name });
      }
      view.discord(codec, event);
    },
    onStore(event) {
      if (event.kind === 'waiting')
        view.discord(codec, { kind: 'warning', message: event.message });
      if (event.kind !== 'refused') return;
      view.discord(codec, { kind: 'warning', message: event.error.message });
    },
  };
}
