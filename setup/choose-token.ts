import { BotError } from '#src/base/errors.ts';
import { readAccount } from '#src/discord/account/account.ts';
import { AccountRest } from '#src/discord/account/account-rest.ts';
import type { Questions } from './questions.ts';
import type { SettingEdits } from './setting-edits.ts';

const portal = 'https://discord.com/developers/applications';
/** Longer than any token. */
const longestTokenChars = 1_000;

const refusal = `Discord refused the token: copy a new one from ${portal} (Bot, Reset Token).`;
const question = 'The token of your bot (not shown; Enter: none yet, try it in the sandbox).';
const howToGet = `Open ${portal}: New Application, then Bot, Reset Token, Copy. The bot needs no privileged intent.`;

/** Takes the token of the environment, or asks for one, until Discord takes it. False: there is none yet. */
export async function chooseToken(ask: Questions, edits: SettingEdits): Promise<boolean> {
  const given = edits.inEnvironment('DISCORD_TOKEN').trim();
  if (given !== '' && (await isTaken(given, ask, edits))) return true;
  for (;;) {
    ask.say(howToGet);
    const token = await ask.askSecret(question, mistakeIn);
    if (token === '') return false;
    if (await isTaken(token, ask, edits)) return true;
  }
}

function mistakeIn(value: string): string | undefined {
  const isToken = /^[\x21-\x7e]*$/.test(value) && value.length <= longestTokenChars;
  return isToken ? undefined : 'It contains spaces or characters that no token has; copy it again.';
}

/** Notes a token that Discord takes. Errors: BotError `discord.unreachable`, and as `SettingEdits.config`. */
async function isTaken(token: string, ask: Questions, edits: SettingEdits): Promise<boolean> {
  const former = edits.value('DISCORD_TOKEN');
  edits.set('DISCORD_TOKEN', token);
  const apiUrl = edits.config().discord?.apiUrl;
  using rest = new AccountRest({ token, apiUrl });
  const never = new AbortController().signal;
  try {
    const { name } = await ask.wait('Asking Discord whose token it is', readAccount(rest, never));
    ask.say(`It is the token of ${name}.`);
    return true;
  } catch (error) {
    if (!(error instanceof BotError) || error.code !== 'discord.bad_token') throw error;
    edits.set('DISCORD_TOKEN', former);
    ask.say(refusal);
    return false;
  }
}
