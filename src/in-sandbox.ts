import packageJson from '#package.json' with { type: 'json' };
import { loadOpus } from '#src/audio/load-opus.ts';
import { realClock } from '#src/base/clock.ts';
import type { Exchange, Theatre } from '#src/console/exchange.ts';
import { proposals } from '#src/console/nearby.ts';
import { SandboxProcess, trust } from '#src/console/sandbox-process.ts';
import { firstExchange, prove, secondExchange } from '#src/console/sandbox-show.ts';
import { Show } from '#src/console/show.ts';
import { type TappedSynthesizer, tapSynthesizer } from '#src/console/tap.ts';
import { Witness } from '#src/console/witness.ts';
import { openEmbeddedTranscriber } from '#src/speech/embedded-transcriber.ts';
import { startBot } from './bot.ts';
import type { Config } from './config.ts';
import { type Engines, openEngines } from './engines.ts';
import { SandboxView } from './sandbox-view.ts';

const why = 'no DISCORD_TOKEN, so this is the sandbox: a small Discord on this machine';

/** The newcomer's start: sandbox and bot, a conversation to watch and to hear. Returns the exit code. */
export async function inSandbox(
  config: Config,
  { once }: { readonly once: boolean },
  signal: AbortSignal,
): Promise<number> {
  const show = new Show(process.stdout);
  const witness = new Witness(realClock);
  const botName = config.bot.name ?? 'Nova';
  const view = new SandboxView(show, botName);
  show.title(`Parley ${packageJson.version} - ${why}`);
  const [sandbox, engines, codec] = await Promise.all([
    SandboxProcess.start((message) => view.message(message), signal),
    openEngines(config, (news) => view.engine(news)),
    loadOpus(),
  ]);
  await using stack = new AsyncDisposableStack();
  stack.use(sandbox);
  stack.use(engines);
  trust(sandbox.ready.ca);
  const tap = tapSynthesizer(engines.synthesizer);
  const { token, apiUrl } = sandbox.ready;
  const bot = await startBot(
    {
      config: { ...config, bot: { ...config.bot, name: botName } },
      engines: { ...engines, synthesizer: tap },
      codec,
      discord: { token, apiUrl },
      onSession: (_guildId, event) => {
        witness.tell(event);
        view.session(event);
      },
      onDiscord: (event) => view.discord(codec.name, event),
    },
    signal,
  );
  stack.use(bot);
  for (const line of await proposals()) show.note(line);
  show.blank();
  const theatre = { sandbox, witness, show, botName, dataDir: config.dataDir };
  return await perform(theatre, tap, engines, config, once, signal);
}

async function perform(
  theatre: Theatre,
  tap: TappedSynthesizer,
  engines: Engines,
  config: Config,
  once: boolean,
  signal: AbortSignal,
): Promise<number> {
  const { show } = theatre;
  const first = await firstExchange(theatre, signal);
  if (once) return await verdict(first, show, tap, engines, config, signal);
  const exchanges = [first, await secondExchange(theatre, signal)];
  for (const one of exchanges) {
    if (one.kind === 'failed') show.note(`failed at ${one.stage}: ${one.why}`);
  }
  show.blank();
  show.note('Ctrl+C to leave.');
  await stopped(signal);
  return 0;
}

/** The judge is always the embedded recogniser: it cannot be told what it ought to hear. */
async function verdict(
  first: Exchange,
  show: Show,
  tap: TappedSynthesizer,
  { transcriber }: Engines,
  { transcription }: Config,
  signal: AbortSignal,
): Promise<number> {
  await using stack = new AsyncDisposableStack();
  const embedded = transcription.kind === 'embedded';
  const ear = embedded ? transcriber : stack.use(await openEmbeddedTranscriber());
  const proof = await prove(first, tap, ear, signal);
  show.blank();
  if (first.kind === 'exchanged') show.note(waitLine(first.heard.firstAudibleAtMs));
  show.note(proof.kind === 'proved' ? proof.line : `failed at ${proof.stage}: ${proof.why}`);
  return proof.kind === 'proved' ? 0 : 1;
}

function waitLine(firstAudibleAtMs: number): string {
  const startedMs = realClock.nowMs() - process.uptime() * 1000;
  return `first reply heard ${((firstAudibleAtMs - startedMs) / 1000).toFixed(1)} s after the start`;
}

function stopped(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    signal.addEventListener('abort', () => resolve());
    if (signal.aborted) resolve();
  });
}
