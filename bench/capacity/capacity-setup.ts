import { fileURLToPath } from 'node:url';
import { ChildProgram } from '#bench/processes/child-program.ts';
import { noBudgets } from '#bench/processes/no-budgets.ts';
import { BotProcess } from '#test/fakes/bot-process.ts';
import { vacantPort } from '#test/fakes/program.ts';
import { remote } from '#test/scenarios/setup/bot-setup.ts';
import type { PeopleAddress, PeopleOrder, ServersAddress, ServersOrder } from './orders.ts';

const startMs = 60_000;
const preload = fileURLToPath(import.meta.resolve('./preload.ts'));

/** The bot, Discord with its people, and the mock servers, each as a process of its own. */
export type CapacitySetup = AsyncDisposable & {
  readonly bot: BotProcess;
  readonly people: ChildProgram<PeopleOrder>;
  readonly servers: ChildProgram<ServersOrder>;
  /** Packets of people since the bot was started, by what became of them at the bot. */
  packets(): Promise<PacketFates>;
};

/** `nodeOptions` are those of the bot. */
export async function openCapacitySetup(nodeOptions: string): Promise<CapacitySetup> {
  await using stack = new AsyncDisposableStack();
  const people = stack.use(new ChildProgram<PeopleOrder>(new URL('people.ts', import.meta.url)));
  const servers = stack.use(new ChildProgram<ServersOrder>(new URL('servers.ts', import.meta.url)));
  const login = (await people.ask({ do: 'open' }, startMs)) as PeopleAddress;
  const providers = (await servers.ask({ do: 'open' }, startMs)) as ServersAddress;
  const statusPort = await vacantPort();
  const environment = {
    ...remote(providers),
    ...noBudgets,
    STATUS_PORT: `${statusPort}`,
    NODE_OPTIONS: nodeOptions,
  };
  const bot = stack.use(await BotProcess.start(login, environment, preload));
  const all = stack.move();
  return {
    bot,
    people,
    servers,
    packets: () => packetsOf(statusPort),
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  };
}

/** As `parley_packets_total` names them. */
export type PacketFates = Readonly<Record<string, number>>;

async function packetsOf(statusPort: number): Promise<PacketFates> {
  const response = await fetch(`http://127.0.0.1:${statusPort}/metrics`);
  const found = (await response.text()).matchAll(/^parley_packets_total\{what="(\w+)"\} (\d+)/gm);
  return Object.fromEntries([...found].map(([, what = '', count]) => [what, Number(count)]));
}
