// npm run node -- bench/uncalled.ts [-- --rounds 20]: how soon the bot that nobody called can hear people.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { SandboxPerson } from '#sandbox/people/person.ts';
import { openSandbox } from '#sandbox/sandbox.ts';
import type { SandboxGuild } from '#sandbox/sandbox-guild.ts';
import { realClock } from '#src/base/clock.ts';
import { BotProcess } from '#test/fakes/bot-process.ts';
import { openMockProviders } from '#test/fakes/providers/providers.ts';
import { remote } from '#test/scenarios/setup/bot-setup.ts';
import { percentile, table } from './table.ts';

const { values: options } = parseArgs({
  options: {
    /** Servers in which each of both is measured once. */
    rounds: { type: 'string', default: '20' },
  },
});
const rounds = Number(options.rounds);
const soon = () => AbortSignal.timeout(30_000);
const never = new AbortController().signal;
/** Interval, in ms, at which the bot's seat is looked at. */
const checkMs = 2;
const [hops, hopMs] = [20, 500];
/** Between servers, in ms: a gateway takes 120 messages a minute, and what is beyond waits for the next one. */
const roundMs = 3_000;
/** Longer than uncalled joins wait for each other, in ms. */
const settleMs = 18_000;

await using stack = new AsyncDisposableStack();
const providers = stack.use(await openMockProviders({}));
const dataDir = await mkdtemp(join(tmpdir(), 'parley-uncalled-'));
stack.defer(() => rm(dataDir, { recursive: true, force: true }));
const sandbox = stack.use(await openSandbox());
const { token, apiUrl, certificate: ca } = sandbox;
const environment = { ...remote(providers), DATA_DIR: dataDir, COMMANDS_PER_PERSON: '0' };
const bot = stack.use(await BotProcess.start({ token, apiUrl, ca }, environment));

const [joined, followed]: [number[], number[]] = [[], []];
for (let n = 0; n < rounds; n++) joined.push(await paced(autoJoined(n)));
for (let n = 0; n < rounds; n++) followed.push(await paced(goneAlong(rounds + n)));
const rows = [row('auto_join, first person', joined), row('follow, caller moves', followed)];
console.log(`ms from a change of channel until the bot is in the call, ${rounds} servers each`);
console.log(table(['', 'p50', 'p95', 'most'], rows));
console.log(await hopped(2 * rounds));

function row(label: string, ms: readonly number[]): readonly string[] {
  const figures = [percentile(ms, 0.5), percentile(ms, 0.95), Math.max(...ms)];
  return [label, ...figures.map((one) => one.toFixed(0))];
}

async function paced(round: Promise<number>): Promise<number> {
  const ms = await round;
  await realClock.sleep(roundMs, never);
  return ms;
}

/** The number `n`th server, with somebody who agreed for always, and these channels in `auto_join`. */
async function opened(n: number, ...channels: readonly string[]) {
  const guild = n === 0 ? sandbox.guild() : sandbox.addGuild();
  const person = guild.person(`Person ${n}`);
  await person.command('privacy allow', { for: 'always' }).answered(soon());
  const value = channels.map((name) => `<#${guild.channelId(name)}>`).join(' ') || 'none';
  const owner = guild.person('Olga');
  await owner.command('settings set', { key: 'auto_join', value }).answered(soon());
  return { guild, person };
}

async function autoJoined(n: number): Promise<number> {
  const { guild, person } = await opened(n, 'Lounge');
  return await untilHeard(guild, person, 'Lounge');
}

async function goneAlong(n: number): Promise<number> {
  const { guild, person } = await opened(n);
  await person.join('Lounge', soon());
  await person.command('join', { follow: true }).answered(soon());
  await person.settled(soon());
  return await untilHeard(guild, person, 'Workshop');
}

/** Time, in ms, from when a person goes there until the bot is in the same call and its encrypted group. */
async function untilHeard(
  guild: SandboxGuild,
  person: SandboxPerson,
  channel: string,
): Promise<number> {
  const fromMs = realClock.nowMs();
  await person.join(channel, soon());
  while (guild.bot().channel !== channel) await realClock.sleep(checkMs, never);
  await person.settled(soon());
  return realClock.nowMs() - fromMs;
}

/** Somebody changes between two channels of `auto_join` again and again. */
async function hopped(n: number): Promise<string> {
  const { guild, person } = await opened(n, 'Lounge', 'Workshop');
  const before = joins();
  for (let hop = 0; hop < hops; hop++) {
    await person.join(hop % 2 === 0 ? 'Lounge' : 'Workshop', soon());
    await realClock.sleep(hopMs, never);
  }
  await realClock.sleep(settleMs, never);
  const { channel = 'nowhere' } = guild.bot();
  return `${hops} hops in ${(hops * hopMs) / 1_000} s: ${joins() - before} joins, then in ${channel}`;
}

function joins(): number {
  return bot.log.filter(({ msg }) => msg === 'joined').length;
}
