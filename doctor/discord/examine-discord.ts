import { z } from 'zod';
import { commands } from '#commands/commands.ts';
import { differs, missing, ok, type ReportLine } from '#doctor/finding.ts';
import type { Report } from '#doctor/report.ts';
import type { Clock } from '#src/base/clock.ts';
import { BotError } from '#src/base/errors.ts';
import type { Config } from '#src/config/types.ts';
import {
  type Account,
  type GuildName,
  readAccount,
  readGuildNames,
  readLoginBudget,
} from '#src/discord/account/account.ts';
import { AccountRest } from '#src/discord/account/account-rest.ts';
import { readGuildRights } from '#src/discord/account/guild-rights.ts';
import { inviteUrlOf } from '#src/discord/account/rights.ts';
import {
  type CommandChanges,
  type CommandScope,
  isChange,
  readCommandChanges,
} from '#src/discord/interactions/registration.ts';
import type { CommandEntry } from '#src/discord/interactions/slashes.ts';
import { accountLines, clockLine, loginsLine } from './account-findings.ts';
import { rightsLines } from './rights-findings.ts';

export type DiscordPlace = NonNullable<Config['discord']>;

/** `misconfigured`: the token, as for the bot itself, which would end with 78. */
export type DiscordVerdict = 'usable' | 'broken' | 'misconfigured';

/** Each takes three requests; a bot in more servers is asked server by server. */
const mostGuilds = 5;
/** Remedy for a refusal that another start cannot mend. */
const tokenMend = 'put a new token into DISCORD_TOKEN, or run npm run setup';

/** State of the examination of Discord. */
type Examination = {
  readonly rest: AccountRest;
  readonly place: DiscordPlace;
  readonly clock: Clock;
  readonly report: Report;
  readonly signal: AbortSignal;
};

/** Asks Discord, without going online, how the bot, its servers, its rights and its commands are. */
export async function examineDiscord(
  place: DiscordPlace,
  clock: Clock,
  report: Report,
  signal: AbortSignal,
): Promise<DiscordVerdict> {
  const { token, apiUrl } = place;
  report.section(apiUrl === undefined ? 'Discord' : `Discord at ${apiUrl}`);
  using rest = new AccountRest({ token: token.reveal(), ...(apiUrl && { apiUrl }) }, clock);
  const seen = { rest, place, clock, report, signal };
  try {
    return (await examined(seen)) ? 'usable' : 'broken';
  } catch (error) {
    if (!(error instanceof BotError)) throw error;
    const isToken = error.code === 'discord.bad_token';
    report.findings([
      isToken
        ? missing('token', error.message, tokenMend)
        : missing('discord', error.message, 'check https://discordstatus.com, then try again'),
    ]);
    return isToken ? 'misconfigured' : 'broken';
  }
}

async function examined(seen: Examination): Promise<boolean> {
  const { rest, place, report, signal } = seen;
  const deliver = stepReporter(report);
  const account = await readAccount(rest, signal);
  deliver(clockLine(rest.aheadMs), ...accountLines(account, place.messageContent));
  deliver(loginsLine(await readLoginBudget(rest, signal)));
  const guilds = await readGuildNames(rest, signal);
  deliver(guildsLine(guilds, account, place.guildId));
  const chosen = chosenGuilds(guilds, place.guildId);
  for (const guild of chosen) deliver(...(await guildLines(seen, account, guild)));
  if (guilds.length > chosen.length && place.guildId === undefined)
    deliver(notAsked(guilds, chosen));
  deliver(...(await commandLines(seen, account, chosen)));
  deliver(...soleServerLine(guilds, place.guildId));
  return deliver.isUsable();
}

type StepReporter = { (...lines: readonly ReportLine[]): void; isUsable(): boolean };

/** Reports lines as they are found, and knows whether one of them says that something is missing. */
function stepReporter(report: Report): StepReporter {
  let isUsable = true;
  const emit = (...lines: readonly ReportLine[]) => {
    report.findings(lines);
    isUsable &&= lines.every(({ verdict }) => verdict !== 'missing');
  };
  return Object.assign(emit, { isUsable: () => isUsable });
}

function guildsLine(
  guilds: readonly GuildName[],
  { applicationId }: Account,
  guildId: string | undefined,
): ReportLine {
  const mend = `open ${inviteUrlOf(applicationId)}`;
  if (guilds.length === 0) return missing('servers', 'the bot is in no server', mend);
  if (guildId !== undefined && !guilds.some(({ id }) => id === guildId)) {
    return missing('servers', 'the bot is not in the server of DISCORD_GUILD_ID', mend);
  }
  return ok(
    'servers',
    `the bot is in ${guilds.length === 1 ? '1 server' : `${guilds.length} servers`}`,
  );
}

function chosenGuilds(guilds: readonly GuildName[], guildId: string | undefined) {
  if (guildId !== undefined) return guilds.filter(({ id }) => id === guildId);
  return guilds.slice(0, mostGuilds);
}

function notAsked(guilds: readonly GuildName[], chosen: readonly GuildName[]): ReportLine {
  const why = `${guilds.length - chosen.length} more were not checked`;
  return ok('servers', `${why}; this checks one: DISCORD_GUILD_ID=ID npm run doctor`);
}

async function guildLines(
  { rest, clock, signal }: Examination,
  { botId }: Account,
  { id, name }: GuildName,
): Promise<readonly ReportLine[]> {
  try {
    return rightsLines(await readGuildRights(rest, { guildId: id, botId }, signal), clock.wallMs());
  } catch (error) {
    if (!(error instanceof BotError) || error.code === 'discord.bad_token') throw error;
    return [differs(name, `not checked: ${error.message}`, 'try again')];
  }
}

async function commandLines(
  { rest, place, signal }: Examination,
  { applicationId }: Account,
  guilds: readonly GuildName[],
): Promise<readonly ReportLine[]> {
  const { guildId } = place;
  const compare = (wanted: typeof commands, id?: string) =>
    compareCommands(
      rest,
      { applicationId, ...(id !== undefined && { guildId: id }) },
      wanted,
      signal,
    );
  if (guildId !== undefined && guilds.length === 0) return [];
  const where = guilds.find(({ id }) => id === guildId)?.name;
  const own = commandLine(
    await compare(commands, guildId),
    commands.length,
    where === undefined ? 'everywhere' : `in ${where}`,
  );
  const doubled: ReportLine[] = [];
  const others = guildId === undefined ? guilds : [undefined];
  for (const other of others) {
    const { removed } = await compare([], other?.id);
    const mend = `run DISCORD_GUILD_ID=${other?.id ?? ''} npm run commands -- --remove`;
    doubled.push(...doubledLine(removed.length, other ? `in ${other.name}` : 'everywhere', mend));
  }
  return [own, ...doubled];
}

/** Servers that have no commands, as the setting names another one. */
function soleServerLine(
  guilds: readonly GuildName[],
  guildId: string | undefined,
): readonly ReportLine[] {
  const others = guilds.filter(({ id }) => id !== guildId).length;
  if (guildId === undefined || others === 0) return [];
  const mend =
    'for all servers: run npm run commands -- --remove, empty DISCORD_GUILD_ID, run npm run commands';
  return [
    differs(
      'commands',
      `servers without commands: ${others}; DISCORD_GUILD_ID names another one`,
      mend,
    ),
  ];
}

/** Compares the commands at Discord with ours. Errors and abort: as `AccountRest.read`. */
async function compareCommands(
  rest: AccountRest,
  scope: CommandScope,
  commands: readonly CommandEntry[],
  signal: AbortSignal,
): Promise<CommandChanges> {
  const asking = {
    get: (route: `/${string}`, { query }: { readonly query: URLSearchParams }) =>
      rest.read(route, z.array(z.unknown()), signal, query),
  };
  return await readCommandChanges(asking, scope, commands);
}

/** Commands at Discord against ours; `where` is everywhere, or one server. */
function commandLine(changes: CommandChanges, count: number, where: string): ReportLine {
  const what = 'commands';
  if (!isChange(changes)) return ok(what, `all ${count} are registered ${where}`);
  const { added, changed, removed } = changes;
  const why = [
    ...(added.length > 0 ? [`missing: ${added.join(', ')}`] : []),
    ...(changed.length > 0 ? [`outdated: ${changed.join(', ')}`] : []),
    ...(removed.length > 0 ? [`unknown to Parley: ${removed.join(', ')}`] : []),
  ].join('; ');
  const mend =
    'run npm run commands, or start the bot: it registers them within seconds; then reload Discord (Ctrl+R)';
  return (added.length === count ? missing : differs)(what, `${why}, ${where}`, mend);
}

/** Commands registered where they are not wanted stand in the list of Discord a second time. */
function doubledLine(registered: number, where: string, mend: string): readonly ReportLine[] {
  if (registered === 0) return [];
  return [
    differs('commands', `${registered} are also registered ${where}: people see them twice`, mend),
  ];
}
