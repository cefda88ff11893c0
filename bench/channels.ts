// node bench/channels.ts [seconds a row]
import { readFile } from 'node:fs/promises';
import type { SandboxPerson } from '#sandbox/people/person.ts';
import { openSandbox, type Sandbox } from '#sandbox/sandbox.ts';
import { readWav } from '#src/audio/wav.ts';
import { realClock } from '#src/base/clock.ts';
import { BotProcess } from '#test/fakes/bot-process.ts';
import { openMockProviders } from '#test/fakes/providers/providers.ts';
import { table } from './table.ts';

/** What a process of the bot takes for the channels it sits in, by what happens there. Linux only. */
type ChannelLoad = { readonly silent: number; readonly conversations: number };

type LoadReading = ChannelLoad & {
  /** CPU seconds of all its threads. */
  readonly cpuPerMinute: number;
  readonly residentMb: number | undefined;
};

const loads: readonly ChannelLoad[] = [
  { silent: 0, conversations: 0 },
  { silent: 1, conversations: 0 },
  { silent: 20, conversations: 0 },
  { silent: 0, conversations: 1 },
  { silent: 0, conversations: 10 },
];

const seconds = Number(process.argv[2] ?? 30);
/** One question begins so long after the one before. */
const askEveryMs = 8_000;
/** Of the kernel's clock: 100 on every Linux that Node runs on. */
const ticksPerSecond = 100;
const never = new AbortController().signal;
const question = readWav(
  await readFile(new URL('../test/fixtures/speech/human-cards-004.wav', import.meta.url)),
);

await using providers = await openMockProviders({ replies: [{ match: /^/, text: 'Yes, it is.' }] });
const readings: LoadReading[] = [];
for (const load of loads) readings.push(await measured(load));
console.log(
  `\n${seconds} s a row; a question every ${askEveryMs / 1_000} s, one person and one server a channel`,
);
const head = ['silent', 'conversations', 'CPU seconds a minute', 'each further', 'resident MB'];
console.log(table(head, readings.map(shown)));

/** CPU of a channel beyond the first of its kind, which pays for what all of them share. */
function shown(
  { silent, conversations, cpuPerMinute, residentMb }: LoadReading,
  n: number,
): string[] {
  const channels = silent + conversations;
  const first = readings[n - 1]?.cpuPerMinute ?? 0;
  const further = channels > 1 ? ((cpuPerMinute - first) / (channels - 1)).toFixed(2) : '';
  const megabytes = residentMb?.toFixed(0) ?? '-';
  return [`${silent}`, `${conversations}`, cpuPerMinute.toFixed(2), further, megabytes];
}

async function measured(load: ChannelLoad): Promise<LoadReading> {
  const { silent, conversations } = load;
  await using sandbox = await openSandbox();
  const { token, apiUrl, certificate: ca } = sandbox;
  const { baseUrl } = providers;
  await using bot = await BotProcess.start(
    { token, apiUrl, ca },
    {
      TRANSCRIPTION_BASE_URL: baseUrl,
      CHAT_COMPLETION_BASE_URL: baseUrl,
      SPEECH_BASE_URL: baseUrl,
    },
  );
  const people: SandboxPerson[] = [];
  for (let n = 0; n < silent + conversations; n++) people.push(await called(sandbox, n));
  await realClock.sleep(3_000, never); // what a join takes is over
  const [fromMs, before] = [realClock.nowMs(), await cpuSeconds(bot.pid)];
  const stop = AbortSignal.timeout(seconds * 1_000);
  const talking = people.slice(silent).map((person, n) => converse(person, n, stop));
  await realClock.sleep(seconds * 1_000, never);
  const minutes = (realClock.nowMs() - fromMs) / 60_000;
  const cpuPerMinute = ((await cpuSeconds(bot.pid)) - before) / minutes;
  await Promise.all(talking);
  return { ...load, cpuPerMinute, residentMb: await bot.residentMegabytes() };
}

/** A person in a server of their own, who has called the bot. */
async function called(sandbox: Sandbox, n: number): Promise<SandboxPerson> {
  const guild = n === 0 ? sandbox.guild() : sandbox.addGuild();
  const person = guild.person(`Person ${n}`);
  await person.join('Lounge', within(20_000));
  await person.command('join').answered(within(20_000));
  await person.settled(within(20_000));
  return person;
}

/** Questions at a steady pace; each channel begins a little later than the one before. */
async function converse(person: SandboxPerson, n: number, stop: AbortSignal): Promise<void> {
  try {
    await realClock.sleep(n * 500, stop);
    for (;;) {
      const fromMs = realClock.nowMs();
      await person.say(question, stop);
      await realClock.sleep(askEveryMs - (realClock.nowMs() - fromMs), stop);
    }
  } catch (error) {
    if (!stop.aborted) throw error;
  }
}

/** User and system time of all threads of a process. */
async function cpuSeconds(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
}

function within(ms: number): AbortSignal {
  return AbortSignal.timeout(ms);
}
