// node test/nightly/soak.ts [--minutes 120]: eight people in two channels talk with a bot in the sandbox. Exits with 1 where its memory
// grows or handles stay open.
import { readdir } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { openCpuSetup } from '#bench/cpu/cpu-setup.ts';
import type { PeopleFigures, PeopleOrder } from '#bench/cpu/orders.ts';
import { readResidentMb } from '#bench/cpu/thread-times.ts';
import { realClock } from '#src/base/clock.ts';

const { values } = parseArgs({
  options: { minutes: { type: 'string', default: '120' } },
});
const minutes = Number(values.minutes);
/** Before the first reading: caches fill and code is compiled. */
const warmUpMinutes = Math.min(10, minutes / 4);
/** Resident memory may rise by so much; less than ten minutes do not fill all caches. */
const maxGrownMb = warmUpMinutes < 10 ? 40 : 10;
/** A connection to a server may just have come. */
const maxNewHandles = 4;
/** By then connections that were kept for the next request are closed. */
const restMs = 30_000;
const [channels, people] = [2, 4];
/** The bot hears all people, and answers each of them. */
const environment = { CONSENT_POLICY: 'notice', ADDRESSING: 'always' };
const maxOrderMs = 180_000;
const never = new AbortController().signal;

await using setup = await openCpuSetup([`${import.meta.dirname}/../..`], environment);
const [measured] = setup.bots;
if (!measured) throw new Error('There is no bot.');
const { people: crowd, bot } = measured;

await talkThenRest(warmUpMinutes);
const figuresBefore = await readProcess();
await crowd.sendOrder({ do: 'begin' }, maxOrderMs);
await talkThenRest(minutes - warmUpMinutes);
const figures = (await crowd.sendOrder({ do: 'end' }, maxOrderMs)) as PeopleFigures;
const figuresAfter = await readProcess();
const grownMb = figuresAfter.residentMb - figuresBefore.residentMb;
const newHandles = figuresAfter.handles - figuresBefore.handles;
const answered = figures.asked - figures.failed;
console.log(
  `${answered} of ${figures.asked} answered, memory ${figuresBefore.residentMb.toFixed(0)} ${grownMb < 0 ? '-' : '+'} ${Math.abs(grownMb).toFixed(1)} MB, handles ${figuresBefore.handles} ${newHandles < 0 ? '-' : '+'} ${Math.abs(newHandles)}`,
);
const isGood =
  answered > 0.9 * figures.asked &&
  grownMb <= maxGrownMb &&
  newHandles <= maxNewHandles;
process.exitCode = isGood && (await bot.stop()) === 0 ? 0 : 1;

/** Everybody talks, then rests. */
async function talkThenRest(forMinutes: number) {
  const orders: readonly PeopleOrder[] = [
    { do: 'call', channels, people },
    { do: 'converse', channels, quietMs: 400 },
  ];
  for (const order of orders) await crowd.sendOrder(order, maxOrderMs);
  await realClock.sleep(forMinutes * 60_000, never);
  await crowd.sendOrder({ do: 'rest' }, maxOrderMs);
  await realClock.sleep(restMs, never);
}

async function readProcess() {
  const handles = await readdir(`/proc/${bot.pid}/fd`);
  return { residentMb: await readResidentMb(bot.pid), handles: handles.length };
}
