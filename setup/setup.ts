import { commands } from '#commands/commands.ts';
import type { Clock } from '#src/base/clock.ts';
import { BotError } from '#src/base/errors.ts';
import { readConfig } from '#src/config/config.ts';
import { mayCostMoney } from '#src/config/tariffs.ts';
import type { GuildName } from '#src/discord/account/account.ts';
import { registerOnly } from '#src/discord/interactions/register-only.ts';
import { isChange } from '#src/discord/interactions/registration.ts';
import { nearbyServers } from '#src/provider/nearby.ts';
import { type Flags, partsIn, readFlags, type SetupPart, setupParts, usage } from './arguments.ts';
import { readEnvFile, replaceEnvFile, strayNames, withChanges } from './env-file.ts';
import { type Questions, type SetupCode, SetupEnd } from './questions.ts';
import { SettingEdits } from './setting-edits.ts';
import type { SetupContext } from './setup-context.ts';
import { chooseProviders } from './steps/choose-providers.ts';
import { chooseServer } from './steps/choose-server.ts';
import { chooseToken } from './steps/choose-token.ts';
import { trySound } from './steps/try-sound.ts';
import { vendors as knownVendors, type Vendor } from './vendors.ts';

export type SetupOptions = {
  /** Absent: there is no terminal, so that flags must say everything. */
  readonly terminal?: Questions;
  readonly withoutTerminal: Questions;
  readonly print: (line: string) => void;
  readonly environment: NodeJS.ProcessEnv;
  /** Path of `.env`. */
  readonly envPath: string;
  readonly clock: Clock;
  /** Vendors that are offered by name; left out: all that are known. */
  readonly vendors?: readonly Vendor[];
  /** Finds servers on this machine; left out: at their usual ports. */
  readonly nearby?: SetupContext['nearby'];
};

/**
 * Sets the bot up, by flags and questions, and writes `.env` at the end. Returns the exit code: 0 done, 1 ended or something
 * does not work, 78 what cannot work or is not said.
 */
export async function runSetup(args: readonly string[], options: SetupOptions): Promise<SetupCode> {
  const { terminal, withoutTerminal, print } = options;
  const flags = readFlags(args);
  const ask = terminal ?? withoutTerminal;
  try {
    if (typeof flags === 'string') throw new SetupEnd(78, `${flags} ${usage}`);
    if (!terminal && args.length === 0) {
      throw new SetupEnd(78, `There is no terminal for questions, and no flag. ${usage}`);
    }
    return await performed(ask, flags, options);
  } catch (error) {
    if (error instanceof SetupEnd) {
      print(error.message);
      return error.code;
    }
    if (!(error instanceof BotError)) throw error;
    print(`${error.message} Nothing was written.`);
    return error.code === 'discord.bad_token' ? 78 : 1;
  }
}

async function performed(ask: Questions, flags: Flags, options: SetupOptions): Promise<SetupCode> {
  const { envPath, environment, clock, vendors = knownVendors, nearby = nearbyServers } = options;
  const read = readEnvFile(envPath);
  if (read.kind === 'refused') throw new SetupEnd(78, read.why);
  const edits = new SettingEdits(read.file, environment);
  const context = { ask, flags, edits, clock, environment, vendors, nearby };
  const parts = await partsToDo(context);
  const bot = await chooseToken(context, parts.includes('token'));
  const server = bot && (await chooseServer(context, bot, parts));
  const keepsModel = bot !== undefined && hasModelBeforeToken(context);
  const choosesModel = parts.includes('providers') && !keepsModel;
  const clip = choosesModel ? await chooseProviders(context) : undefined;
  if (choosesModel) await chooseTotal(context);
  if (!bot) {
    await write(context);
    ask.say(withoutToken);
    return 0;
  }
  if (parts.includes('token')) await register(context, server);
  const place = { bot, server, clip };
  const isHeard = parts.includes('sound') ? await trySound(context, place) : true;
  await write(context);
  const next = 'run npm start, join a voice channel, type /join, and talk.';
  ask.say(isHeard ? `Next: ${next}` : `Fix the sound first. Then ${next}`);
  return isHeard ? 0 : 1;
}

const withoutToken =
  'Next: run npm start, open its link, and talk. Once you have a token, run npm run setup again.';

/** A model that was tried in the sandbox is not asked for again once there is a token. */
function hasModelBeforeToken({ edits, flags }: SetupContext): boolean {
  return !edits.isSetUp && edits.hasModel && flags.providers.length === 0;
}

/** Asks for the cap over all servers, where anything can cost money. */
async function chooseTotal({ ask, edits }: SetupContext): Promise<void> {
  const config = configOf(edits);
  if (!ask.canAsk || !mayCostMoney(config)) return;
  const now = config.budget.totalDayNanoUsd / 1e9;
  const usd = await ask.askText(
    `How many US dollars may all servers together spend a day? 0: no limit. Enter: ${now}.`,
    '',
    (value) => (/^\d{0,6}(\.\d{1,4})?$/.test(value) ? undefined : 'It must be a number, like 20.'),
  );
  if (usd !== '') edits.set('BUDGET_TOTAL_DAY_USD', usd);
}

/** Parts to do: all the first time; later those that the flags name, or the chosen one. */
async function partsToDo({ ask, flags, edits }: SetupContext): Promise<readonly SetupPart[]> {
  const named = partsIn(flags);
  if (!edits.isSetUp) {
    const always: readonly SetupPart[] = ask.canAsk ? setupParts : ['token', 'server'];
    const wanted = setupParts.filter((part) => always.includes(part) || named.includes(part));
    return wanted.filter((part) => part !== 'sound' || !flags.isSilent);
  }
  if (named.length > 0) return named;
  const part = await ask.choose<SetupPart>('What do you want to change?', [
    { value: 'providers', label: 'Speech and chat servers' },
    { value: 'token', label: 'The token of the bot' },
    { value: 'sound', label: 'Nothing: let me hear the bot' },
  ]);
  return [part];
}

/** Registers the commands in all servers. Those that an earlier setup gave to `server` alone are removed: people would see each twice. */
async function register(
  { ask, edits }: SetupContext,
  server: GuildName | undefined,
): Promise<void> {
  const { discord } = configOf(edits);
  if (!discord) return;
  const { token, ...scope } = discord;
  const login = { ...scope, token: token.reveal() };
  const changes = await ask.wait('Registering the commands', () =>
    registerOnly({ ...login, commands }),
  );
  const count = `${commands.length} commands`;
  ask.say(isChange(changes) ? `${count} are registered.` : `${count} were registered already.`);
  ask.say(inAllServers);
  if (!server) return;
  const place = { ...login, guildId: server.id };
  const { removed } = await registerOnly({ ...place, commands: [] }).catch(unlessBug);
  if (removed.length === 0) return;
  ask.say(`${removed.length} older commands of ${server.name} alone are removed: people saw both.`);
}

/** No removal: the doctor tells of commands that people see twice. */
function unlessBug(error: unknown): { readonly removed: readonly string[] } {
  if (error instanceof BotError) return { removed: [] };
  throw error;
}

const inAllServers =
  'They appear in all servers within seconds. If they do not, reload Discord (Ctrl+R).';

function configOf(edits: SettingEdits) {
  const read = readConfig(edits.environment());
  if (read.kind === 'bad') {
    throw new SetupEnd(78, [...read.mistakes, 'Nothing was written.'].join('\n'));
  }
  return read.config;
}

async function write({ ask, edits }: SetupContext): Promise<void> {
  const { file, changes } = edits;
  if (changes.size === 0) return;
  configOf(edits);
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
