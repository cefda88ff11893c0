import { neverAborted } from '#src/base/bounded-wait.ts';
import { BotError } from '#src/base/errors.ts';
import { readAccount } from '#src/discord/account/account.ts';
import { AccountRest } from '#src/discord/account/account-rest.ts';
import type { SettingEdits } from './setting-edits.ts';
import type { SetupQuestions } from './setup-questions.ts';

const developerPortalUrl = 'https://discord.com/developers/applications';
/** A token has about 70 characters. */
const maxTokenChars = 1_000;

const refusedTokenNotice = `Discord refused the token: copy a new one from ${developerPortalUrl} (Bot, Reset Token).`;
const tokenQuestion =
  'The token of your bot (not shown; Enter: none yet, try it in the sandbox).';
const tokenInstructions = `Open ${developerPortalUrl}: New Application, then Bot, Reset Token, Copy. The bot needs no privileged intent.`;

/**
 * Takes the token of the environment, or asks until Discord accepts one. Returns false
 * without one.
 */
export async function chooseToken(
  ask: SetupQuestions,
  edits: SettingEdits,
): Promise<boolean> {
  const environmentToken = edits.getEnvironmentValue('DISCORD_TOKEN').trim();
  if (environmentToken !== '' && (await takeToken(environmentToken, ask, edits)))
    return true;
  for (;;) {
    ask.say(tokenInstructions);
    const token = await ask.askSecret(tokenQuestion, findTokenMistake);
    if (token === '') return false;
    if (await takeToken(token, ask, edits)) return true;
  }
}

function findTokenMistake(value: string) {
  const isToken = /^[\x21-\x7e]*$/.test(value) && value.length <= maxTokenChars;
  return isToken
    ? undefined
    : 'It contains spaces or characters that no token has; copy it again.';
}

/**
 * Tries a token. Throws BotError `discord.unreachable`, and as
 * `SettingEdits.readConfig` does.
 */
async function takeToken(token: string, ask: SetupQuestions, edits: SettingEdits) {
  const formerToken = edits.getValue('DISCORD_TOKEN');
  edits.set('DISCORD_TOKEN', token);
  const apiUrl = edits.readConfig().discord?.apiUrl;
  using rest = new AccountRest({ token, apiUrl });
  try {
    const { name } = await ask.waitForWork(
      'Asking Discord whose token it is',
      readAccount(rest, neverAborted),
    );
    ask.say(`It is the token of ${name}.`);
    return true;
  } catch (error) {
    if (!(error instanceof BotError) || error.code !== 'discord.bad_token') throw error;
    edits.set('DISCORD_TOKEN', formerToken);
    ask.say(refusedTokenNotice);
    return false;
  }
}
