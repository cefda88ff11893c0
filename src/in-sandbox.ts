import { loadOpus } from '#src/audio/load-opus.ts';
import { realClock } from '#src/base/clock.ts';
import type { Theatre } from '#src/console/exchange.ts';
import { proposals } from '#src/console/nearby.ts';
import type { Message } from '#src/console/sandbox-lines.ts';
import { SandboxProcess, trust } from '#src/console/sandbox-process.ts';
import { firstExchange, prove, secondExchange } from '#src/console/sandbox-show.ts';
import { Show } from '#src/console/show.ts';
import { type TappedSynthesizer, tapSynthesizer } from '#src/console/tap.ts';
import { Witness } from '#src/console/witness.ts';
import type { DiscordEvent } from '#src/discord/events.ts';
import type { SessionEvent } from '#src/session/events.ts';
import { openEmbeddedTranscriber } from '#src/speech/embedded-transcriber.ts';
import { startBot } from './bot.ts';
import type { Config } from './config.ts';
import { type EngineNews, type Engines, openEngines } from './engines.ts';

const title =
  'Parley 0.1.0 - no DISCORD_TOKEN, so this is the sandbox: a small Discord on this machine';

/** The newcomer's start: sandbox and bot, a conversation to watch and to hear. Returns the exit code. */
export async function inSandbox(
  config: Config,
  { once }: { readonly once: boolean },
  signal: AbortSignal,
): Promise<number> {
  const show = new Show((line) => console.log(line));
  const witness = new Witness(realClock);
  show.title(title);
  const botName = config.bot.name ?? 'Nova';
  const onMessage = (message: Message) => showMessage(show, botName, message);
  const [sandbox, engines, codec] = await Promise.all([
    SandboxProcess.start(onMessage, signal),
    openEngines(config, (news) => showEngine(show, news)),
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
        showSession(show, botName, event);
      },
      onDiscord: (event) => showDiscord(show, codec.name, event),
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
  if (once) {
    const embedded = config.transcription.kind === 'embedded';
    const open = async () => (embedded ? engines.transcriber : await openEmbeddedTranscriber());
    const proof = await prove(first, tap, open, signal);
    show.blank();
    show.note(proof.kind === 'proved' ? proof.line : `failed at ${proof.stage}: ${proof.why}`);
    return proof.kind === 'proved' ? 0 : 1;
  }
  const exchanges = [first, await secondExchange(theatre, signal)];
  for (const one of exchanges) {
    if (one.kind === 'failed') show.note(`failed at ${one.stage}: ${one.why}`);
  }
  show.blank();
  show.note('Ctrl+C to leave.');
  await stopped(signal);
  return 0;
}

function stopped(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    signal.addEventListener('abort', () => resolve());
    if (signal.aborted) resolve();
  });
}

function showEngine(show: Show, news: EngineNews): void {
  if (news.kind === 'base-url') show.note(`${news.role}: the base URL is really ${news.found}`);
  if (news.kind !== 'ready') return;
  const note = news.tookMs < 1 ? '' : `ready in ${(news.tookMs / 1000).toFixed(1)} s`;
  show.engine(news.role, news.what, note);
}

function showDiscord(show: Show, codec: string, event: DiscordEvent): void {
  if (event.kind === 'ciphers')
    show.engine('voice link', `Opus by ${codec}`, `XChaCha20 by ${event.xchacha}`);
  if (event.kind === 'warning') show.note(event.message);
  if (event.kind === 'command-failed') show.note(`/${event.name} failed: ${event.error}`);
}

function showMessage(show: Show, botName: string, { change, text, to }: Message): void {
  if (change !== 'deleted')
    show.says(botName, to === undefined ? text : `${text} (only ${to} sees this)`);
}

function showSession(show: Show, botName: string, event: SessionEvent): void {
  switch (event.kind) {
    case 'joined':
      show.note(`${botName} joined ${event.channel.name} in ${Math.round(event.tookMs)} ms`);
      return;
    case 'left':
      show.note(`${botName} left ${event.channel.name}`);
      return;
    case 'recognised':
      show.says(event.name, event.text === '' ? '(no words)' : event.text);
      return;
    case 'failed':
      show.note(`${event.stage}: ${event.message}`);
      return;
    case 'answered':
      return;
  }
}
