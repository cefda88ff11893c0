import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { discordGatewayLimits } from '#sandbox/gateway/gateway-shards.ts';
import { openSandbox, type Sandbox, type SandboxOptions } from '#sandbox/sandbox.ts';
import type { Pcm } from '#src/audio/pcm.ts';
import { BotProcess, removeCrashes } from '#test/fakes/bot-process.ts';
import { openMockProviders } from '#test/fakes/providers/mock-providers.ts';
import type { MockSettings } from '#test/fakes/providers/mock-settings.ts';
import {
  type BotEnvironment,
  makeRemoteSettings,
} from '#test/scenarios/setup/bot-setup.ts';
import { settingsOf } from '#test/scenarios/setup/numbered-utterances.ts';
import { viewOf } from '#test/scenarios/setup/sandbox-view.ts';
import type { SpokenSetup } from '#test/scenarios/setup/scenario-setup.ts';

export type ProcessesOptions = {
  /** Default: two shards, a server on each, and the limits of the real Discord. */
  readonly sandbox?: SandboxOptions;
  readonly providers?: Partial<MockSettings>;
  /** Environment of every process, beside its login; its DATA_DIR is its own. */
  readonly environment?: BotEnvironment;
};

export type StartOptions = {
  /** Environment of this process alone. */
  readonly environment?: BotEnvironment;
  /** Where it logs in; default: the sandbox, which knows it by its name. */
  readonly apiUrl?: string;
};

/** One Discord in this process, mock providers, and as many processes of one bot as a test starts. */
export type ProcessesSetup = AsyncDisposable &
  SpokenSetup & {
    /** Starts the process of that name, which can be called when this resolves; a name that ended keeps its DATA_DIR. */
    start(name: string, options?: StartOptions): Promise<BotProcess>;
    /** Starts a process like `start`, and resolves at once: for one that may have to wait, or is refused. */
    launch(name: string, options?: StartOptions): Promise<BotProcess>;
    /** The newest process of that name. Throws a plain Error when there was none. */
    findProcess(name: string): BotProcess;
    /** One server, by name, as the helpers of scenarios take it: their people sit in it. */
    server(name: string): SpokenSetup;
  };

/** Each shard has an identify bucket of its own, or the second would log in 5 s after the first. */
const usualSandbox: SandboxOptions = {
  guilds: [{}],
  rateLimits: 'usual',
  gatewayRules: { ...discordGatewayLimits, recommendedShards: 2, maxConcurrency: 2 },
};

/** Opens everything but the processes. When it is disposed they end first, each in order. */
export async function openProcesses(
  options: ProcessesOptions = {},
): Promise<ProcessesSetup> {
  await using stack = new AsyncDisposableStack();
  const uttered: Pcm[] = [];
  const providers = stack.use(
    await openMockProviders(settingsOf(uttered, options.providers)),
  );
  const sandbox = stack.use(await openSandbox({ ...usualSandbox, ...options.sandbox }));
  const folder = await mkdtemp(join(tmpdir(), 'parley-processes-'));
  stack.defer(() => rm(folder, { recursive: true, force: true }));
  const started = new Map<string, BotProcess>();
  stack.defer(async () => {
    await Promise.all([...started.values()].map((bot) => bot[Symbol.asyncDispose]()));
  });
  const common = {
    ...makeRemoteSettings(providers),
    TRACK_ALLOWED_HOSTS: sandbox.cdnHost,
  };
  const beginProcess = async (
    how: typeof BotProcess.start,
    name: string,
    { environment, apiUrl = sandbox.apiUrlFor(name) }: StartOptions = {},
  ) => {
    const former = started.get(name);
    if (former?.isRunning) throw new Error(`The process ${name} runs already.`);
    await former?.[Symbol.asyncDispose]();
    const own = {
      DATA_DIR: join(folder, name),
      ...options.environment,
      ...environment,
    };
    removeCrashes(own.DATA_DIR);
    const login = { token: sandbox.token, apiUrl, ca: sandbox.certificate };
    const bot = await how(login, { ...common, ...own });
    started.set(name, bot);
    return bot;
  };
  const all = stack.move();
  return {
    sandbox,
    providers,
    uttered,
    start: (name, chosen) => beginProcess(BotProcess.start, name, chosen),
    launch: (name, chosen) => beginProcess(BotProcess.launch, name, chosen),
    findProcess: (name) => {
      const bot = started.get(name);
      if (!bot) throw new Error(`There was no process ${name}.`);
      return bot;
    },
    server: (name) => ({ providers, uttered, sandbox: openInServer(sandbox, name) }),
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  };
}

function openInServer(sandbox: Sandbox, name: string) {
  return viewOf(sandbox, [sandbox.guild(name)]);
}
