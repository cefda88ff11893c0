import { basename } from 'node:path';
import { ChildProgram } from '#bench/processes/child-program.ts';
import { noBudgets } from '#bench/processes/no-budgets.ts';
import { remote } from '#test/scenarios/setup/bot-setup.ts';
import { StartedBot } from './npm-start.ts';
import type { PeopleAddress, PeopleOrder, ServersAddress, ServersOrder } from './orders.ts';

const startMs = 60_000;

/** A bot with a Discord, people and mock servers of its own, each a process. */
export type BotUnderTest = {
  readonly label: string;
  readonly bot: StartedBot;
  readonly people: ChildProgram<PeopleOrder>;
  readonly servers: ChildProgram<ServersOrder>;
};

/** The bots that are measured at the same time. */
export type CpuSetup = AsyncDisposable & {
  readonly bots: readonly BotUnderTest[];
};

/** One bot for each of these checkouts; `nodeOptions` is their `NODE_OPTIONS`. */
export async function openCpuSetup(
  checkouts: readonly string[],
  nodeOptions: string,
): Promise<CpuSetup> {
  await using stack = new AsyncDisposableStack();
  const bots: BotUnderTest[] = [];
  for (const checkout of checkouts) bots.push(await openBot(checkout, nodeOptions, stack));
  const all = stack.move();
  return { bots, [Symbol.asyncDispose]: () => all.disposeAsync() };
}

async function openBot(
  checkout: string,
  nodeOptions: string,
  stack: AsyncDisposableStack,
): Promise<BotUnderTest> {
  const people = stack.use(new ChildProgram<PeopleOrder>(new URL('people.ts', import.meta.url)));
  const servers = stack.use(new ChildProgram<ServersOrder>(new URL('servers.ts', import.meta.url)));
  const login = (await people.ask({ do: 'open' }, startMs)) as PeopleAddress;
  const providers = (await servers.ask({ do: 'open' }, startMs)) as ServersAddress;
  const options: Record<string, string> = nodeOptions === '' ? {} : { NODE_OPTIONS: nodeOptions };
  const environment = { ...remote(providers), ...noBudgets, ...options };
  const bot = stack.use(await StartedBot.start(checkout, login, environment));
  const label = basename(checkout);
  console.log(
    `processes of ${label}: bot ${bot.pid}, people ${people.pid}, servers ${servers.pid}`,
  );
  return { label, bot, people, servers };
}
