import { rightsLines } from '#doctor/discord/rights-findings.ts';
import type { SetupPart } from '#setup/arguments.ts';
import { SetupEnd } from '#setup/questions.ts';
import type { SetupContext } from '#setup/setup-context.ts';
import { type GuildName, readGuildNames } from '#src/discord/account/account.ts';
import { AccountRest } from '#src/discord/account/account-rest.ts';
import { readGuildRights } from '#src/discord/account/guild-rights.ts';
import { inviteUrlOf } from '#src/discord/account/rights.ts';
import type { KnownBot } from './choose-token.ts';
import { sayFindings } from './say-findings.ts';

const checkMs = 2_000;
/** Longest time, in ms, that an invitation is waited for at a terminal, where Ctrl+C ends it. */
const patienceMs = 30 * 60_000;

/**
 * The server in which rights are checked and sound is tried; waits until the bot is invited to one. Undefined: none of
 * `parts` needs one.
 */
export async function chooseServer(
  context: SetupContext,
  bot: KnownBot,
  parts: readonly SetupPart[],
): Promise<GuildName | undefined> {
  const { ask, flags, clock } = context;
  const isChecked = parts.includes('server');
  const asksForSeat = parts.includes('sound') && ask.canAsk && flags.channelId === undefined;
  if (!isChecked && !asksForSeat) return undefined;
  using rest = new AccountRest(bot.login, clock);
  const guilds = await invited(context, bot, rest);
  const guild = await oneOf(context, guilds);
  if (!isChecked) return guild;
  const rights = await ask.wait(`Looking at the rights in ${guild.name}`, (signal) =>
    readGuildRights(rest, { guildId: guild.id, botId: bot.botId }, signal),
  );
  sayFindings(ask, rightsLines(rights, clock.wallMs()));
  return guild;
}

/** Servers of the bot, one at least: with `--server` that one. */
async function invited(
  { ask, flags, clock }: SetupContext,
  { applicationId }: KnownBot,
  rest: AccountRest,
): Promise<readonly GuildName[]> {
  const fits = ({ id }: GuildName) => flags.serverId === undefined || flags.serverId === id;
  const check = async (signal: AbortSignal) => (await readGuildNames(rest, signal)).filter(fits);
  const there = await ask.wait('Looking for your servers', check);
  if (there.length > 0) return there;
  ask.say(`Invite the bot, with exactly the rights it needs:\n${inviteUrlOf(applicationId)}`);
  const untilMs = clock.nowMs() + (ask.canAsk ? patienceMs : flags.waitMs);
  return await ask.wait('Waiting until you invite the bot', async (signal) => {
    for (;;) {
      const guilds = await check(signal);
      if (guilds.length > 0) return guilds;
      if (clock.nowMs() >= untilMs) throw new SetupEnd(1, notInvited);
      await clock.sleep(checkMs, signal);
    }
  });
}

const notInvited =
  'The bot was not invited in time: open the link, then run npm run setup again. Nothing was written.';

async function oneOf({ ask }: SetupContext, guilds: readonly GuildName[]): Promise<GuildName> {
  const [only, ...more] = guilds;
  if (only && more.length === 0) return only;
  if (!ask.canAsk) {
    const ids = guilds.map(({ id, name }) => `${id} ${name}`).join('\n');
    throw new SetupEnd(
      78,
      `The bot is in several servers: name one with --server.\n${ids}\nNothing was written.`,
    );
  }
  return await ask.choose(
    'Which server? Its rights are checked and the sound is tried there.',
    guilds.map((guild) => ({ value: guild, label: guild.name, hint: guild.id })),
  );
}
