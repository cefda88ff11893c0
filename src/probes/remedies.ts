import { BotError, type ErrorCode } from '#src/base/errors.ts';

const update = 'run npm ci again, or update Parley';
const status = 'check https://discordstatus.com, then try again in some minutes';
const key = 'put a key of that server into {role}_API_KEY';

/** Remedies by the code of an error; `{role}` is the beginning of the settings of its server. */
const remedies: Readonly<Partial<Record<ErrorCode, string>>> = {
  'audio.no_codec': update,
  'discord.bad_token': 'put a new token into DISCORD_TOKEN, or run npm run setup',
  'discord.too_few_shards': 'set SHARDS=auto',
  'discord.unreachable': status,
  'discord.unsent':
    'correct OPERATOR_WEBHOOK, or allow direct messages from a server that you share with the bot',
  'link.lost': 'find out who moved or removed the bot (audit log), then try again',
  'link.no_cipher': update,
  'link.no_end_to_end': update,
  'link.rate_limited': status,
  'link.timeout':
    "allow outgoing UDP and TCP from this machine or container (any port, to Discord's voice servers); check that the channel is not full",
  'provider.bad_key': key,
  'provider.late':
    'try again, because the server loads an unused model first; if it stays slow, choose a smaller one',
  'provider.rate_limited': 'wait, or raise the limits of that account',
  'provider.spent': 'top up that account',
  'provider.unreachable': 'start that server, or correct {role}_BASE_URL',
  'store.unreadable': 'start the database, or correct DATABASE_URL',
};

const general: Readonly<Record<string, string>> = {
  discord: status,
  link: status,
  provider: 'correct {role}_MODEL or {role}_BASE_URL, or choose another server',
  tool: 'correct its entry in the file, or start the server',
};

/** What the operator can do about an error. */
export function remedyFor(error: unknown, role = 'its'): string {
  if (!(error instanceof BotError)) return 'report it at the project, with this line';
  const [folder = ''] = error.code.split('.');
  const remedy = remedies[error.code] ?? general[folder] ?? update;
  return remedy.replaceAll('{role}', role);
}
