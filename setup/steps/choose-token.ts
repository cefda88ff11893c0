import { readFile } from 'node:fs/promises';
import { accountLines, clockLine, loginsLine } from '#doctor/discord/account-findings.ts';
import { partsIn } from '#setup/arguments.ts';
import { SetupEnd } from '#setup/questions.ts';
import type { SetupContext } from '#setup/setup-context.ts';
import { BotError } from '#src/base/errors.ts';
import { Secret } from '#src/base/secret.ts';
import { readConfig, readSecret } from '#src/config/config.ts';
import { type Account, readAccount } from '#src/discord/account/account.ts';
import { AccountRest } from '#src/discord/account/account-rest.ts';
import { readGatewayLimits } from '#src/discord/shards/gateway-limits.ts';
import { sayFindings } from './say-findings.ts';

/** A bot whose token Discord has taken. */
export type KnownBot = Account & {
  readonly login: { readonly token: string; readonly apiUrl?: string };
  readonly shards: number;
};

const portal = 'https://discord.com/developers/applications';
/** Longer than any token. */
const longestTokenChars = 1_000;

/** The bot of the token that a flag, the environment, `.env` or a hidden answer holds; undefined: none yet. `isNew`: not that of `.env`. */
export async function chooseToken(
  context: SetupContext,
  isNew: boolean,
): Promise<KnownBot | undefined> {
  const given = await givenToken(context, isNew);
  if (given) {
    const bot = await checked(context, given);
    if (bot) return bot;
    if (!context.ask.canAsk) throw new SetupEnd(78, `${refusal} Nothing was written.`);
    context.ask.say(refusal);
  }
  return context.ask.canAsk ? await askedBot(context) : undefined;
}

async function askedBot(context: SetupContext): Promise<KnownBot | undefined> {
  for (;;) {
    context.ask.say(howToGet);
    const asked = await context.ask.askSecret(question, (value) =>
      value === '' ? undefined : mistakeIn(value),
    );
    if (asked.reveal() === '') return undefined;
    const bot = await checked(context, asked);
    if (bot) return bot;
    context.ask.say(refusal);
  }
}

const refusal = `Discord refused the token: copy a new one from ${portal} (Bot, Reset Token).`;
const question = 'The token of your bot (not shown; Enter: none yet, try it in the sandbox).';
const howToGet = `Open ${portal}: New Application, then Bot, Reset Token, Copy. The bot needs no privileged intent.`;

function mistakeIn(value: string): string | undefined {
  if (value === '') return 'There is no token: paste it.';
  const isToken = /^[\x21-\x7e]+$/.test(value) && value.length <= longestTokenChars;
  return isToken ? undefined : 'It contains spaces or characters that no token has; copy it again.';
}

async function givenToken(
  { ask, flags, edits, environment }: SetupContext,
  isNew: boolean,
): Promise<Secret | undefined> {
  const { tokenFile, tokenEnv } = flags;
  if (tokenFile !== undefined)
    return usable(await contentOf(tokenFile), `The file of --token-file`);
  if (tokenEnv !== undefined) {
    const value = readSecret(tokenEnv, environment)?.reveal() ?? '';
    return usable(value, 'The variable that --token-env names');
  }
  const known =
    edits.isSetUp && isNew ? (environment.DISCORD_TOKEN ?? '') : edits.value('DISCORD_TOKEN');
  if (known.trim() !== '') return new Secret(known.trim());
  if (ask.canAsk || partsIn(flags).every((part) => part === 'providers')) return undefined;
  throw new SetupEnd(
    78,
    'There is no token: name it with --token-file or --token-env. Nothing was written.',
  );
}

function usable(value: string, what: string): Secret {
  const mistake = mistakeIn(value);
  if (mistake !== undefined)
    throw new SetupEnd(78, `${what} holds no token. ${mistake} Nothing was written.`);
  return new Secret(value);
}

async function contentOf(path: string): Promise<string> {
  try {
    return (await readFile(path, 'utf8')).trim();
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : 'unknown error';
    throw new SetupEnd(
      78,
      `The file of --token-file cannot be read (${code}). Nothing was written.`,
    );
  }
}

/** Undefined where Discord refuses the token. Errors: BotError `discord.unreachable`. */
async function checked(context: SetupContext, token: Secret): Promise<KnownBot | undefined> {
  const { ask, edits, clock } = context;
  const apiUrl = apiUrlOf(context);
  const login = { token: token.reveal(), apiUrl };
  using rest = new AccountRest(login, clock);
  try {
    const [account, limits] = await ask.wait(
      'Asking Discord whose token it is',
      async (signal) =>
        [await readAccount(rest, signal), await readGatewayLimits(rest, signal)] as const,
    );
    ask.say(`It is the token of ${account.name}.`);
    const { recommendedShards: shards, startLimit } = limits;
    const logins = startLimit ? [loginsLine(startLimit)] : [];
    sayFindings(ask, [clockLine(rest.aheadMs), ...accountLines(account), ...logins]);
    edits.set('DISCORD_TOKEN', token.reveal());
    return { ...account, login, shards };
  } catch (error) {
    if (error instanceof BotError && error.code === 'discord.bad_token') return undefined;
    throw error;
  }
}

/** Another Discord-compatible API, where the settings name one. */
function apiUrlOf({ edits }: SetupContext): string | undefined {
  const url = edits.value('DISCORD_API_URL').trim();
  if (url === '') return undefined;
  const read = readConfig({ DISCORD_TOKEN: 'any', DISCORD_API_URL: url });
  if (read.kind === 'ok') return read.config.discord?.apiUrl;
  throw new SetupEnd(78, `${read.mistakes.join('\n')}\nNothing was written.`);
}
