import { spawn } from 'node:child_process';
import { access, mkdtemp, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { type BotLogin, BotProcess, makeEnvironment } from '#test/fakes/bot-process.ts';
import { findFreePort } from '#test/fakes/servers/listening-server.ts';
import { makeRemoteSettings } from '#test/scenarios/setup/bot-setup.ts';
import { ChildProgram } from './child-program.ts';
import type { PeopleOrder, ServersAddress, ServersOrder } from './orders.ts';

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
  readonly bot: BotProcess;
  /** Where the bot can be profiled. */
  readonly inspectPort: number;
  readonly people: ChildProgram<PeopleOrder>;
  readonly servers: ChildProgram<ServersOrder>;
};

/** The bots that are measured at the same time. */
export interface CpuSetup extends AsyncDisposable {
  readonly bots: readonly BotUnderTest[];
}

/** Starts one bot for each of these checkouts, with this environment. All end with the setup. */
export async function openCpuSetup(
  checkouts: readonly string[],
  environment: Readonly<Record<string, string>>,
): Promise<CpuSetup> {
  await using stack = new AsyncDisposableStack();
  const bots: BotUnderTest[] = [];
  for (const checkout of checkouts)
    bots.push(await openBot(checkout, environment, stack));
  const programs = stack.move();
  return { bots, [Symbol.asyncDispose]: () => programs.disposeAsync() };
}

async function openBot(
  checkout: string,
  overrides: Readonly<Record<string, string>>,
  stack: AsyncDisposableStack,
) {
  const people = stack.use(
    new ChildProgram<PeopleOrder>(new URL('people.ts', import.meta.url)),
  );
  const servers = stack.use(
    new ChildProgram<ServersOrder>(new URL('mock-servers.ts', import.meta.url)),
  );
  const login = (await people.sendOrder({ do: 'open' }, maxStartMs)) as BotLogin;
  const providers = (await servers.sendOrder(
    { do: 'open' },
    maxStartMs,
  )) as ServersAddress;
  const environment = {
    ...makeRemoteSettings(providers),
    ...unlimitedBudgets,
    ...overrides,
  };
  const inspectPort = await findFreePort();
  const start = () => startCheckout(checkout, login, environment, inspectPort);
  // The first start of a checkout compiles its modules, and Node keeps the parser of TypeScript for it: 10 MB.
  await (await start())[Symbol.asyncDispose]();
  const bot = stack.use(await start());
  const label = basename(checkout);
  console.log(
    `processes of ${label}: bot ${bot.pid}, people ${people.pid}, servers ${servers.pid}`,
  );
  return { label, bot, inspectPort, people, servers };
}

/** Starts the bot of a checkout as `npm start` does there: with its flags, its Node and its modules, without npm. Its inspector opens when it is asked. */
async function startCheckout(
  checkout: string,
  login: BotLogin,
  environment: Readonly<Record<string, string>>,
  inspectPort: number,
) {
  const { scripts } = JSON.parse(
    await readFile(join(checkout, 'package.json'), 'utf8'),
  );
  const { flags, program } = parseStartArguments(scripts.start);
  const folder = await mkdtemp(join(tmpdir(), 'parley-'));
  const child = spawn(
    await findNode(checkout),
    [...flags, `--inspect-port=${inspectPort}`, resolve(checkout, program)],
    {
      cwd: folder,
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...(await makeEnvironment(login, folder)), ...environment },
    },
  );
  process.once('exit', () => child.kill('SIGKILL'));
  return await BotProcess.fromChild(child, folder).waitUntilReady();
}

/** Parses the flags of Node and the program that `npm start` runs. Throws where it runs anything else. */
function parseStartArguments(script: string) {
  const [node, ...flags] = script.split(/\s+/);
  const program = flags.pop();
  if (node !== 'node' || program === undefined)
    throw new Error(`npm start does not run Node: ${script}`);
  return { flags, program };
}

/** Finds the Node of the checkout, which `npm start` finds first, else the present one. */
async function findNode(checkout: string) {
  const ownPath = join(checkout, 'node_modules/.bin/node');
  return await access(ownPath).then(
    () => ownPath,
    () => process.execPath,
  );
}
