import { commands } from '#commands/commands.ts';
import { examineDiscord } from '#doctor/discord/examine-discord.ts';
import type { Clock } from '#src/base/clock.ts';
import { BotError } from '#src/base/errors.ts';
import { registerOnly } from '#src/discord/interactions/register-only.ts';
import { chooseProviders } from './choose-providers.ts';
import { chooseToken } from './choose-token.ts';
import { findModels, saveEdits } from './connect-model.ts';
import { readEnvFile } from './env-file.ts';
import {
  describeUnusedModels,
  type LocalModelOffers,
  listLocalModelOffers,
} from './local-models.ts';
import { SettingEdits } from './setting-edits.ts';
import {
  SetupEnd,
  type SetupExitCode,
  type SetupQuestions,
} from './setup-questions.ts';
import { vendors as knownVendors, type Vendor } from './vendors.ts';

/** Terminal, environment and file of a setup. */
export type SetupOptions = {
  readonly ask: SetupQuestions;
  readonly environment: NodeJS.ProcessEnv;
  readonly envPath: string;
  readonly clock: Clock;
  /** Default: all of `vendors.json`. */
  readonly vendors?: readonly Vendor[];
  /** Default: those that fit this machine. */
  readonly local?: LocalModelOffers;
};

/**
 * Sets the bot up by questions, and writes `.env` at the end. Returns the exit code: 0 when done, 1
 * if the person ended the setup or Discord did not answer, 78 for settings that cannot work.
 *
 * @example
 * import { SetupQuestions } from '#setup/setup-questions.ts';
 * import { runSetup } from '#setup/setup.ts';
 * import { realClock } from '#src/base/clock.ts';
 *
 * declare const terminal: { readonly input: NodeJS.ReadStream; readonly output: NodeJS.WriteStream };
 * using ask = new SetupQuestions(terminal);
 * await runSetup({ ask, environment: {}, envPath: '.env', clock: realClock });
 */
export async function runSetup(options: SetupOptions): Promise<SetupExitCode> {
  const { ask } = options;
  try {
    await runSteps(options);
    return 0;
  } catch (error) {
    if (error instanceof SetupEnd) {
      ask.say(error.message);
      return error.code;
    }
    if (!(error instanceof BotError)) throw error;
    ask.say(`${error.message} Nothing was written.`);
    return 1;
  }
}

async function runSteps(options: SetupOptions) {
  const { ask, envPath, environment, clock } = options;
  const { vendors = knownVendors } = options;
  const envFile = readEnvFile(envPath);
  if (envFile.kind === 'refused') throw new SetupEnd(78, envFile.reason);
  const edits = new SettingEdits(envFile.file, environment);
  const isFirst = !edits.isSetUp;
  const part = isFirst ? 'all' : await askPartToChange(ask);
  const hasModel = edits.hasModel;
  const isBot = part !== 'providers' && (await chooseToken(ask, edits));
  // A model chosen for the sandbox before is kept.
  if (part === 'providers' || (isFirst && !(isBot && hasModel))) {
    const { local = await listLocalModelOffers(edits.dataDir, clock) } = options;
    const { servers } = await ask.waitForWork(
      'Looking for Ollama and the like on this machine',
      findModels({ vendors, clock }),
    );
    const running = servers.map(({ name }) => name);
    await chooseProviders({ ask, edits, clock, vendors, local, running });
  }
  if (isBot) await registerCommands(ask, edits, clock);
  await writeEnvFile(ask, edits);
  for (const sentence of describeUnusedModels(edits)) ask.say(sentence);
  ask.say(edits.getValue('DISCORD_TOKEN') === '' ? nextWithoutToken : nextWithToken);
}

const nextWithoutToken =
  'Next: run npm start, open its link, and talk. Once you have a token, run npm run setup again.';
const nextWithToken =
  'Next: run npm start, join a voice channel, type /join, and talk. If you hear nothing, run npm run doctor.';

async function askPartToChange(ask: SetupQuestions) {
  return await ask.choose('What do you want to change?', [
    { value: 'providers', label: 'Speech and chat servers' },
    { value: 'token', label: 'The token of the bot' },
  ]);
}

/** Registers the commands, and shows the problems that the doctor finds at Discord. */
async function registerCommands(
  ask: SetupQuestions,
  edits: SettingEdits,
  clock: Clock,
) {
  const { discord } = edits.readConfig();
  if (!discord) return;
  const login = { token: discord.token.reveal(), apiUrl: discord.apiUrl, commands };
  await ask.waitForWork('Registering the commands', registerOnly(login));
  ask.say(`${commands.length} commands are registered. ${registrationNote}`);
  const findings = await ask.waitForWork(
    'Looking at servers and rights',
    Array.fromAsync(examineDiscord(discord, clock)),
  );
  for (const { verdict, subject, reason, mend } of findings)
    if (verdict !== 'ok') ask.say(`${subject}: ${reason}\n  mend: ${mend}`);
}

const registrationNote =
  'They appear in all servers within seconds. If they do not, reload Discord (Ctrl+R).';

async function writeEnvFile(ask: SetupQuestions, edits: SettingEdits) {
  if (edits.changes.size === 0) return;
  const failure = await saveEdits(edits);
  if (failure !== undefined) throw new SetupEnd(1, failure);
  ask.say(`Setup wrote ${edits.file.path}. Only you can read it.`);
}
