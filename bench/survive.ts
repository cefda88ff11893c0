import { readFile } from 'node:fs/promises';
import { setTimeout } from 'node:timers/promises';
import type { SandboxPerson } from '#sandbox/people/person.ts';
import { openSandbox, type Sandbox } from '#sandbox/sandbox.ts';
import type { PathFaults } from '#sandbox/voice/voice-ports.ts';
import { readWav } from '#src/audio/wav.ts';
import { BotProcess } from '#test/fakes/bot-process.ts';
import { openMockProviders } from '#test/fakes/providers/providers.ts';
import { percentile, table } from './table.ts';

/** A minute of each fault of the network in one call, and whether the bot answers meanwhile and afterwards. */
type NetworkFault = { readonly name: string; readonly way?: PathFaults; readonly forged?: true };

const faults: readonly NetworkFault[] = [
  { name: 'none' },
  { name: '20 % lost', way: { loss: 0.2 } },
  { name: 'up to 80 ms late', way: { jitterMs: 80 } },
  { name: '20 % out of order', way: { reorder: 0.2 } },
  { name: '20 % twice', way: { duplicates: 0.2 } },
  { name: 'forged, 300 a second', forged: true },
  { name: 'no UDP at all', way: { dead: true } },
];

/** Nobody waits longer for an answer. */
const patienceMs = 6_000;
const seconds = Number(process.argv[2] ?? 60);
const question = readWav(
  await readFile(new URL('../test/fixtures/speech/human-cards-004.wav', import.meta.url)),
);

type FaultRow = {
  readonly asked: number;
  readonly answeredMs: readonly number[];
  readonly backMs: number;
};

await using providers = await openMockProviders({ replies: [{ match: /^/, text: 'Yes.' }] });
await using sandbox = await openSandbox();
const { token, apiUrl, certificate: ca, botId } = sandbox;
const { baseUrl } = providers;
await using bot = await BotProcess.start(
  { token, apiUrl, ca },
  { TRANSCRIPTION_BASE_URL: baseUrl, CHAT_COMPLETION_BASE_URL: baseUrl, SPEECH_BASE_URL: baseUrl },
);
const adam = sandbox.person('Adam');
await adam.join('Lounge', within(20_000));
await adam.command('join').answered(within(20_000));
await adam.settled(within(20_000));
const rows: string[][] = [];
for (const fault of faults) {
  const before = bot.log.length;
  const row = await endure(sandbox, adam, fault);
  const lines = bot.log.slice(before);
  rows.push([fault.name, ...shown(row), `${rejoins(lines)}`, bot.isRunning ? 'yes' : 'NO']);
}
console.log(`\n${seconds} s of each fault, up and down, at the bot's own end of one call`);
const head = ['fault', 'asked', 'answered', 'p50 ms', 'p95 ms', 'first answer after it'];
console.log(table([...head, 'sockets closed', 'bot runs'], rows));

async function endure(
  sandbox: Sandbox,
  person: SandboxPerson,
  fault: NetworkFault,
): Promise<FaultRow> {
  const { voice } = sandbox.faults;
  const { way } = fault;
  if (way) voice.network(botId, { up: way, down: way });
  const forging = fault.forged ? setInterval(() => forge(sandbox), 20) : undefined;
  const untilMs = performance.now() + seconds * 1_000;
  const answered: (number | undefined)[] = [];
  while (performance.now() < untilMs) answered.push(await ask(person));
  clearInterval(forging);
  voice.heal();
  const healedMs = performance.now();
  while ((await ask(person)) === undefined && performance.now() - healedMs < 120_000);
  const answeredMs = answered.filter((ms) => ms !== undefined);
  return { asked: answered.length, answeredMs, backMs: performance.now() - healedMs };
}

/** From the last voiced packet to the first sound of the answer; undefined where none came. */
async function ask(person: SandboxPerson): Promise<number | undefined> {
  try {
    const { firstPacketAtMs, lastVoicedAtMs } = await person.say(question, within(10_000));
    const waits = { sinceMs: firstPacketAtMs, quietMs: 400, timeoutMs: patienceMs };
    const { firstAudibleAtMs } = await person.listen(waits, within(patienceMs + 5_000));
    return firstAudibleAtMs - lastVoicedAtMs;
  } catch {
    await setTimeout(200);
    return undefined;
  }
}

function forge({ faults: { voice } }: Sandbox): void {
  for (const datagram of ['junk', 'short', 'bad tag'] as const) {
    voice.forge(botId, { from: 'server', datagram });
    voice.forge(botId, { from: 'stranger', datagram });
  }
}

function shown({ asked, answeredMs, backMs }: FaultRow): string[] {
  const ms = (part: number) =>
    answeredMs.length > 0 ? percentile(answeredMs, part).toFixed(0) : '-';
  return [
    `${asked}`,
    `${answeredMs.length}`,
    ms(0.5),
    ms(0.95),
    `${(backMs / 1_000).toFixed(1)} s`,
  ];
}

function rejoins(lines: readonly { readonly msg?: string }[]): number {
  return lines.filter(({ msg }) => msg === 'voice-closed').length;
}

function within(ms: number): AbortSignal {
  return AbortSignal.timeout(ms);
}
