import { formatTable } from '#bench/format-table.ts';
import { realClock } from '#src/base/clock.ts';
import { openCpuSetup } from './cpu-setup.ts';
import { maxOrderMs, type PeopleOrder, talkQuietMs } from './orders.ts';
import { addMb, type FamilyMb, readFamilyMb } from './thread-times.ts';

/** Environment of container and unit: fewer pages stay with the allocator of glibc. */
const deployedEnvironment = { MALLOC_ARENA_MAX: '1', MALLOC_MMAP_THRESHOLD_: '65536' };
/** Settings that take the server of an engine away, so that it runs in the model process. */
const localSettings: Readonly<Record<LocalEngine, Readonly<Record<string, string>>>> = {
  ears: { TRANSCRIPTION_BASE_URL: '' },
  voice: { SPEECH_BASE_URL: '' },
};
/** Channels in conversation beside the first, for a minute at most. */
const furtherChannels = 4;
/** Time after which the bot counts as idle. */
const idleMs = 30_000;
const neverAborted = new AbortController().signal;

/** An engine that runs in the model process, beside the turn model. */
export type LocalEngine = 'ears' | 'voice';

/** Prints the resident memory of the bot of a checkout and of its model process, idle and after `minutes` of conversation, and returns it by load. */
export async function measureMemory(
  checkout: string,
  minutes: number,
  localEngines: readonly LocalEngine[],
): Promise<Readonly<Record<string, FamilyMb>>> {
  const local = localEngines.map((engine) => localSettings[engine]);
  await using setup = await openCpuSetup(
    [checkout],
    Object.assign({}, deployedEnvironment, ...local),
  );
  const [botUnderTest] = setup.bots;
  if (!botUnderTest) return {};
  const { people, bot } = botUnderTest;
  await realClock.sleep(idleMs, neverAborted);
  const idleMb = await readFamilyMb(bot.pid);
  const oneMb = await measureTalk(1, minutes);
  const allMb = await measureTalk(1 + furtherChannels, Math.min(minutes, 1));
  const loads = {
    idle: idleMb,
    [`${minutes} min in one channel`]: oneMb,
    [`${1 + furtherChannels} channels`]: allMb,
  };
  const columnNames = ['resident MB', ...Object.keys(loads)];
  const readings = Object.values(loads);
  const formatRow = (name: string, read: (mb: FamilyMb) => number) => [
    name,
    ...readings.map((mb) => read(mb).toFixed(1)),
  ];
  const rows = [
    formatRow('bot', ({ botMb }) => botMb),
    formatRow('model process', ({ modelsMb }) => modelsMb),
    formatRow('both', addMb),
  ];
  console.log(formatTable(columnNames, rows));
  const eachMb = (addMb(allMb) - addMb(oneMb)) / furtherChannels;
  console.log(`\neach further channel in conversation: ${eachMb.toFixed(1)} MB`);
  return loads;

  /** Measures resident memory once people in so many channels have talked for so long, and rest. */
  async function measureTalk(channels: number, forMinutes: number) {
    const orders: readonly PeopleOrder[] = [
      { do: 'call', channels },
      { do: 'converse', channels, quietMs: talkQuietMs },
    ];
    for (const order of orders) await people.sendOrder(order, maxOrderMs);
    await realClock.sleep(forMinutes * 60_000, neverAborted);
    await people.sendOrder({ do: 'rest' }, maxOrderMs);
    return await readFamilyMb(bot.pid);
  }
}
