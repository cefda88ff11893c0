import { commands } from '#commands/commands.ts';
import { examineDiscord } from '#doctor/discord/examine-discord.ts';
import type { Clock } from '#src/base/clock.ts';
import { BotError } from '#src/base/errors.ts';
import { registerOnly } from '#src/discord/interactions/register-only.ts';
import { chooseProviders } from './choose-providers.ts';
import { chooseToken } from './choose-token.ts';
import { readEnvFile, replaceEnvFile, strayNames, withChanges } from './env-file.ts';
import { type Questions, type SetupCode, SetupEnd } from './questions.ts';
import { SettingEdits } from './setting-edits.ts';
import { vendors as knownVendors, type Vendor } from './vendors.ts';

export type SetupOptions = {
  readonly ask: Questions;
  readonly environment: NodeJS.ProcessEnv;
  /** Path of `.env`. */
  readonly envPath: string;
  readonly clock: Clock;
  /** Vendors that are offered by name; left out: all that are known. */
  readonly vendors?: readonly Vendor[];
};

/**
 * Sets the bot up by questions, and writes `.env` at the end. Returns the exit code: 0 done, 1 ended, 78 what cannot work.
 */
export async function runSetup(options: SetupOptions): Promise<SetupCode> {
  const { ask } = options;
  try {
    await performed(options);
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

async function performed(options: SetupOptions) {
  const { ask, envPath, environment, clock } = options;
  const { vendors = knownVendors } = options;
  const read = readEnvFile(envPath);
  if (read.kind === 'refused') throw new SetupEnd(78, read.why);
  const edits = new SettingEdits(read.file, environment);
  const isFirst = !edits.isSetUp;
  const part = isFirst ? 'all' : await partToChange(ask);
  const hasModel = edits.hasModel;
  const isBot = part !== 'providers' && (await chooseToken(ask, edits));
  // A model that was tried in the sandbox is not asked for again once there is a token.
  if (part === 'providers' || (isFirst && !(isBot && hasModel))) {
    await chooseProviders({ ask, edits, clock, vendors });
  }
  if (isBot) await register(ask, edits, clock);
  await write(ask, edits);
  ask.say(edits.value('DISCORD_TOKEN') === '' ? withoutToken : next);
}

const withoutToken =
  'Next: run npm start, open its link, and talk. Once you have a token, run npm run setup again.';
const next =
  'Next: run npm start, join a voice channel, type /join, and talk. If you hear nothing, run npm run doctor.';

async function partToChange(ask: Questions): Promise<'providers' | 'token'> {
  return await ask.choose('What do you want to change?', [
    { value: 'providers', label: 'Speech and chat servers' },
    { value: 'token', label: 'The token of the bot' },
  ]);
}

/** Registers the commands in all servers, and shows what the doctor finds amiss at Discord: no server, a right that lacks. */
async function register(ask: Questions, edits: SettingEdits, clock: Clock) {
  const { discord } = edits.config();
  if (!discord) return;
  const login = { token: discord.token.reveal(), apiUrl: discord.apiUrl, commands };
  await ask.wait('Registering the commands', registerOnly(login));
  ask.say(`${commands.length} commands are registered. ${soonThere}`);
  const findings = await ask.wait(
    'Looking at servers and rights',
    Array.fromAsync(examineDiscord(discord, clock)),
  );
  for (const { verdict, what, why, mend } of findings)
    if (verdict !== 'ok') ask.say(`${what}: ${why}\n  mend: ${mend}`);
}

const soonThere =
  'They appear in all servers within seconds. If they do not, reload Discord (Ctrl+R).';

async function write(ask: Questions, edits: SettingEdits) {
  const { file, changes } = edits;
  if (changes.size === 0) return;
  edits.config();
  const text = withChanges(file.text, changes);
  const strays = strayNames(text, file.values, changes);
  if (strays.length > 0) {
    const names = strays.join(', ');
    throw new SetupEnd(
      1,
      `Setup cannot change these settings in ${file.path}: ${names}. Change them by hand.`,
    );
  }
  const failure = await replaceEnvFile(file.path, text);
  if (failure !== undefined) throw new SetupEnd(1, failure);
  ask.say(`Setup wrote ${file.path}. Only you can read it.`);
}
