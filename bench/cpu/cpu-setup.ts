import { basename } from 'node:path';
import { remote } from '#test/scenarios/setup/bot-setup.ts';
import { ChildProgram } from './child-program.ts';
import { StartedBot } from './npm-start.ts';
import type {
  PeopleAddress,
  PeopleOrder,
  ServersAddress,
  ServersOrder,
} from './orders.ts';

const maxStartMs = 60_000;
/** Settings of a bot that answers as often as it is asked. */
const unlimitedBudgets: Readonly<Record<string, string>> = {
  BUDGET_PERSON_DAY_USD: '0',
  BUDGET_SERVER_DAY_USD: '0',
  BUDGET_TOTAL_DAY_USD: '0',
};

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

/** One bot for each of these checkouts, with this environment. */
export async function openCpuSetup(
  checkouts: readonly string[],
  environment: Readonly<Record<string, string>>,
): Promise<CpuSetup> {
  await using stack = new AsyncDisposableStack();
  const bots: BotUnderTest[] = [];
  for (const checkout of checkouts)
    bots.push(await openBot(checkout, environment, stack));
  const all = stack.move();
  return { bots, [Symbol.asyncDispose]: () => all.disposeAsync() };
}

async function openBot(
  checkout: string,
  given: Readonly<Record<string, string>>,
  stack: AsyncDisposableStack,
) {
  const people = stack.use(
    new ChildProgram<PeopleOrder>(new URL('people.ts', import.meta.url)),
  );
  const servers = stack.use(
    new ChildProgram<ServersOrder>(new URL('mock-servers.ts', import.meta.url)),
  );
  const login = (await people.sendOrder({ do: 'open' }, maxStartMs)) as PeopleAddress;
  const providers = (await servers.sendOrder(
    { do: 'open' },
    maxStartMs,
  )) as ServersAddress;
  const environment = { ...remote(providers), ...unlimitedBudgets, ...given };
  const bot = stack.use(await StartedBot.start(checkout, login, environment));
  const label = basename(checkout);
  console.log(
    `processes of ${label}: bot ${bot.pid}, people ${people.pid}, servers ${servers.pid}`,
  );
  return { label, bot, people, servers };
}
