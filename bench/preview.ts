// npm run node -- bench/preview.ts [-- --rounds 40]: how soon a voice is heard before it is chosen, and a persona is switched.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { openSandbox } from '#sandbox/sandbox.ts';
import { realClock } from '#src/base/clock.ts';
import { BotProcess } from '#test/fakes/bot-process.ts';
import { openMockProviders } from '#test/fakes/providers/providers.ts';
import { remote } from '#test/scenarios/setup/bot-setup.ts';
import { percentile, table } from './table.ts';

const { values: options } = parseArgs({
  options: {
    /** Number of measurements of each. */
    rounds: { type: 'string', default: '40' },
  },
});
const rounds = Number(options.rounds);
const soon = () => AbortSignal.timeout(30_000);
/** Silence, in ms, after which a sentence is over. */
const quietMs = 700;
const preview = { voice: 'echo' };

await using stack = new AsyncDisposableStack();
const providers = stack.use(await openMockProviders({}));
const dataDir = await mkdtemp(join(tmpdir(), 'parley-preview-'));
stack.defer(() => rm(dataDir, { recursive: true, force: true }));
const sandbox = stack.use(await openSandbox());
const { token, apiUrl, certificate: ca } = sandbox;
const environment = { ...remote(providers), DATA_DIR: dataDir, COMMANDS_PER_PERSON: '0' };
stack.use(await BotProcess.start({ token, apiUrl, ca }, environment));
const olga = sandbox.person('Olga');
const adam = sandbox.person('Adam');
await olga.join('Lounge', soon());
await olga.command('join').answered(soon());
await olga.settled(soon());
for (const name of ['Captain', 'Nurse']) {
  const form = olga.command('voice bot', { form: 'new', persona: name });
  await form.asked(soon());
  await olga.submit(form, { instructions: `You are a ${name}.` }).answered(soon());
}
await untilQuiet();

const [aloud, filed, switched]: [number[], number[], number[]] = [[], [], []];
for (let n = 0; n < rounds; n++) {
  aloud.push(await heardAloud());
  filed.push(await answered(adam, 'voice preview', preview));
  const persona = n % 2 === 0 ? 'Captain' : 'Nurse';
  switched.push(await answered(olga, 'voice bot', { persona }));
}
console.log(`ms from a command until it is heard, or answered; ${rounds} times each`);
const rows = [row('preview aloud', aloud), row('preview in a file', filed)];
console.log(table(['', 'p50', 'p95', 'most'], [...rows, row('persona switch', switched)]));

function row(label: string, ms: readonly number[]): readonly string[] {
  const figures = [percentile(ms, 0.5), percentile(ms, 0.95), Math.max(...ms)];
  return [label, ...figures.map((one) => one.toFixed(0))];
}

/** Time, in ms, until somebody in the channel hears the first sound. */
async function heardAloud(): Promise<number> {
  const asked = olga.command('voice preview', preview);
  const { sentAtMs: sinceMs } = asked;
  const { firstAudibleAtMs } = await olga.listen({ sinceMs, quietMs, timeoutMs: 20_000 }, soon());
  await asked.answered(soon());
  return firstAudibleAtMs - sinceMs;
}

async function answered(
  person: typeof olga,
  line: string,
  words: Readonly<Record<string, string>>,
): Promise<number> {
  const asked = person.command(line, words);
  await asked.answered(soon());
  return realClock.nowMs() - asked.sentAtMs;
}

/** The sentence that greets people is over. */
async function untilQuiet(): Promise<void> {
  await olga.listen({ sinceMs: 0, quietMs, timeoutMs: 10_000 }, soon()).catch(() => undefined); // who is alone with the bot is not greeted
}
