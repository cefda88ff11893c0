import type { SandboxGuild } from '#sandbox/sandbox-guild.ts';
import type { GuildOptions } from '#sandbox/world/create-world.ts';
import type { DiscordEvent } from '#src/discord/discord-event.ts';
import type { LogLine } from '#test/fakes/bot-process.ts';
import type { MockSettings } from '#test/fakes/providers/mock-settings.ts';
import { type BotEnvironment, type BotSetup, runBot } from './bot-setup.ts';
import { viewOf } from './sandbox-view.ts';
import { useInSharedTime } from './shared-time.ts';

export type SharedBotOptions = {
  /** Servers of the scenario, the first one first. */
  readonly guilds: readonly GuildOptions[];
  readonly providers: Partial<MockSettings>;
  readonly environment: BotEnvironment;
};

/** A bot for one scenario: in servers of its own, with empty logs and lists of requests. */
export type BorrowedBot = AsyncDisposable & Omit<BotSetup, 'abandon'>;

type SharedBot = { readonly key: string; readonly running: BotSetup };

/** Limit of one process, in use or idle: vitest plays three scenarios side by side, and most of them want the same bot. */
const mostBots = 4;
/** Until the bot has left a server and forgotten it; one that has not is used no more. */
const eraseMs = 20_000;
const erased = 'removed from the server';
/** Until the bot has told a new server how to call it. */
const greetMs = 20_000;
const greeted: DiscordEvent['kind'] = 'server-greeted';

/** Each process plays several files, one after the other, and keeps these bots meanwhile. */
const all = new Set<SharedBot>();
const idle: SharedBot[] = [];
// Vitest ends its processes by a signal, and nothing can be awaited then.
process.once('SIGTERM', () => process.exit());
process.once('exit', () => {
  for (const { running } of all) running.abandon();
});

/**
 * A running bot with that environment, which nobody else uses now; started if there is none.
 *
 * Given back, it leaves the servers of the scenario and forgets them; if it cannot, it is ended.
 */
export async function borrowBot(options: SharedBotOptions): Promise<BorrowedBot> {
  const shared = await takeBot(options);
  const { running } = shared;
  const { sandbox, providers } = running;
  running.bot.keepFolder();
  providers.reset(options.providers);
  const guilds = options.guilds.map((guild) => sandbox.addGuild(withArrivals(guild)));
  // In whatever order they are greeted.
  const waiting = new Set<unknown>(guilds.map(({ id }) => id));
  while (waiting.size > 0) {
    const isNext = ({ msg, guildId }: LogLine) =>
      msg === greeted && waiting.has(guildId);
    const { guildId } = await running.bot.waitForLine(isNext, greetMs);
    waiting.delete(guildId);
  }
  running.bot.keepFolder();
  const view = viewOf(sandbox, guilds);
  return {
    sandbox: view,
    providers,
    voiceRequests: running.voiceRequests,
    dataDir: running.dataDir,
    get bot() {
      return running.bot;
    },
    restart: () => running.restart(),
    async [Symbol.asyncDispose]() {
      if (!(await isClean(running, guilds))) return await endBot(shared);
      useInSharedTime(running.bot, false);
      idle.push(shared);
    },
  };
}

/** A server in which the bot greets in a channel apart, so that the others are empty. */
function withArrivals(guild: GuildOptions) {
  const { textChannels = ['general'] } = guild;
  return {
    ...guild,
    textChannels: [...textChannels, 'arrivals'],
    systemChannel: 'arrivals',
  };
}

async function takeBot({ environment, providers }: SharedBotOptions) {
  const key = JSON.stringify(environment);
  const index = idle.findLastIndex((shared) => shared.key === key);
  const [found] = index < 0 ? [] : idle.splice(index, 1);
  if (found) {
    useInSharedTime(found.running.bot, true);
    return found;
  }
  const oldest = all.size < mostBots ? undefined : idle.shift();
  if (oldest) await endBot(oldest);
  const shared = { key, running: await runBot({ environment, providers }) };
  all.add(shared);
  return shared;
}

async function isClean({ sandbox, bot }: BotSetup, guilds: readonly SandboxGuild[]) {
  sandbox.faults.heal();
  for (const { id } of guilds) await sandbox.removeGuild(id);
  if (!bot.isRunning) return false;
  try {
    for (const _ of guilds)
      await bot.waitForLine(({ msg }) => msg?.startsWith(erased) === true, eraseMs);
    return true;
  } catch {
    return false;
  }
}

async function endBot(shared: SharedBot) {
  all.delete(shared);
  await shared.running[Symbol.asyncDispose]();
}
