import '#src/base/help/program-help.mjs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { neverAborted } from '#src/base/bounded-wait.ts';
import { realClock } from '#src/base/clock.ts';
import { toChannelId, toGuildId } from '#src/base/ids.ts';
import type { Config } from '#src/config/config.ts';
import { lockDataDir } from '#src/storage/data-dir/data-dir-lock.ts';
import {
  listStoreFiles,
  refuseForeignFormats,
} from '#src/storage/data-dir/store-files.ts';
import { openDatabase } from '#src/storage/database.ts';
import { getPresentFormat } from '#src/storage/schema.ts';
import { SqliteDriver } from '#src/storage/sqlite/sqlite-driver.ts';
import { mainStore, storePath } from '#src/storage/store-kinds.ts';
import {
  type ApiScope,
  type ApiToken,
  apiScopes,
  createSecret,
  hashSecret,
  tokenName,
} from '#src/stores/api-tokens.ts';
import { createStores, type Store } from '#src/stores/store-parts.ts';
import { runProgram } from './run-program.ts';

// npm run token: creates, lists and revokes tokens for HTTP, also while the bot runs.

const options = {
  server: { type: 'string' },
  scopes: { type: 'string' },
  budget: { type: 'string' },
  channels: { type: 'string' },
  events: { type: 'string' },
} as const;

type TokenArguments =
  | { readonly kind: 'create'; readonly token: Omit<ApiToken, 'createdAtWallMs'> }
  | { readonly kind: 'list' }
  | { readonly kind: 'revoke'; readonly name: string };

await runProgram(readTokenArguments, 'token', async (args, config) => {
  await using store = await openForTokens(config);
  return await performCommand(args, store);
});

/** Opens the store of the bot, or of the sandbox without DISCORD_TOKEN. */
async function openForTokens({ discord, storage: { databaseUrl, dataDir } }: Config) {
  const clock = realClock;
  if (databaseUrl) {
    console.error('Store: that of DATABASE_URL.');
    const { openPostgresStore } = await import('#src/storage/postgres/keep-stores.ts');
    return createStores(
      (await openPostgresStore({ url: databaseUrl, clock, report: () => undefined }))
        .main,
    );
  }
  const folder = discord ? dataDir : join(dataDir, 'sandbox');
  const sandbox = discord ? '' : ', that of the sandbox, as DISCORD_TOKEN is not set';
  console.error(`Store: ${folder}${sandbox}.`);
  const path = storePath(folder);
  refuseForeignFormats(folder);
  const file = listStoreFiles(folder).find(({ kind }) => kind === mainStore);
  const database = openDatabase({
    driver: new SqliteDriver(path, mainStore.sqlite),
    clock,
  });
  if (file?.version === getPresentFormat(mainStore.sqlite))
    return createStores(database);
  // No other process may use a store while its format changes.
  using _lock = await lockDataDir(
    folder,
    { clock, onWait: console.error },
    neverAborted,
  );
  await database.open();
  return createStores(database);
}

async function performCommand(
  args: TokenArguments,
  { apiTokens }: Pick<Store, 'apiTokens'>,
) {
  const nowMs = realClock.wallMs();
  switch (args.kind) {
    case 'create': {
      const secret = createSecret();
      const token = { ...args.token, createdAtWallMs: nowMs };
      if ((await apiTokens.add(token, hashSecret(secret.reveal()))) === 'taken') {
        console.error(
          `There is a token ${token.name} already: revoke it, or choose another name.`,
        );
        return 1;
      }
      console.log(secret.reveal());
      console.error(
        `${toTokenLine(token)}. It is shown only once: keep it secret, like a password.`,
      );
      return 0;
    }
    case 'list': {
      const tokens = await apiTokens.list();
      for (const token of tokens) console.log(toTokenLine(token));
      if (tokens.length === 0) console.error('There are no tokens.');
      return 0;
    }
    case 'revoke': {
      const isRevoked = await apiTokens.revoke(args.name, nowMs);
      console.error(
        isRevoked
          ? `${args.name} is revoked: the next request with it is refused, and its streams and posts of events end within a minute.`
          : `No token ${args.name} is in use: npm run token -- list`,
      );
      return isRevoked ? 0 : 1;
    }
  }
}

function toTokenLine({
  name,
  guildId,
  scopes,
  budgetUsd,
  channelIds,
  eventsUrl,
  ...times
}: ApiToken) {
  const budget = budgetUsd === undefined ? '' : `, at most $${budgetUsd} a day`;
  const toDay = (wallMs: number) => new Date(wallMs).toISOString().slice(0, 10);
  const { createdAtWallMs, revokedAtWallMs } = times;
  const revoked =
    revokedAtWallMs === undefined ? '' : `, revoked ${toDay(revokedAtWallMs)}`;
  const channels = channelIds ? `, channels ${channelIds.join()}` : '';
  const events = eventsUrl ? `, events to ${new URL(eventsUrl).host}` : '';
  return `${name}: server ${guildId}, ${scopes.join()}${channels}${events}${budget}, created ${toDay(createdAtWallMs)}${revoked}`;
}

/** Parses arguments. Throws an Error with a sentence. */
function readTokenArguments(): TokenArguments {
  const { positionals, values } = parseArgs({ options, allowPositionals: true });
  const [verb, name, ...furtherWords] = positionals;
  if (furtherWords.length > 0) throw new Error('A name is one word.');
  if (verb === 'list' && name === undefined) return { kind: 'list' };
  if (verb === 'revoke' && name !== undefined) return { kind: 'revoke', name };
  if (verb === 'create') return { kind: 'create', token: parseNewToken(name, values) };
  throw new Error('The first word must be create, list or revoke.');
}

type TokenOptions = { readonly [Name in keyof typeof options]?: string };

/** Parses a new token. Throws an Error with a sentence. */
function parseNewToken(name = '', values: TokenOptions) {
  const {
    server = '',
    scopes: listed = '',
    budget,
    channels,
    events: eventsUrl,
  } = values;
  if (!tokenName.test(name))
    throw new Error(
      'NAME: 1 to 32 letters, digits, - and _, the first a letter or digit.',
    );
  if (!isId(server)) throw new Error('--server: the numeric id of a server.');
  const scopes = parseScopes(listed);
  if (scopes.length === 0)
    throw new Error(`--scopes: one or several of ${apiScopes.join()}.`);
  const budgetUsd = budget === undefined ? undefined : Number(budget);
  if (budgetUsd !== undefined && !(budgetUsd > 0 && budgetUsd <= 1e6))
    throw new Error('--budget: US dollars a day, above 0.');
  const channelIds = parseChannels(scopes, channels);
  if (!mayBePosted(eventsUrl, scopes))
    throw new Error(
      '--events: with the scope events, the https address that they are posted to.',
    );
  const guildId = toGuildId(server);
  return { name, guildId, scopes, budgetUsd, channelIds, eventsUrl };
}

function isId(text: string) {
  return /^\d{15,21}$/.test(text);
}

function mayBePosted(url: string | undefined, scopes: readonly ApiScope[]) {
  if (url === undefined) return true;
  return scopes.includes('events') && URL.parse(url)?.protocol === 'https:';
}

/** Parses scopes. Empty if one is unknown. */
function parseScopes(listed: string) {
  const scopeNames = listed.split(',').filter((scopeName) => scopeName !== '');
  const isKnown = scopeNames.every((scopeName) =>
    apiScopes.some((scope) => scope === scopeName),
  );
  return isKnown ? apiScopes.filter((scope) => scopeNames.includes(scope)) : [];
}

/** Parses channel ids. Throws an Error if they do not fit the scopes. */
function parseChannels(scopes: readonly ApiScope[], listed: string | undefined) {
  const isReading = scopes.includes('transcript');
  if (!isReading && listed === undefined) return undefined;
  const mayRead = isReading || scopes.includes('events');
  const ids = (listed ?? '').split(',').filter((id) => id !== '');
  if (mayRead && ids.length > 0 && ids.every(isId)) return ids.map(toChannelId);
  throw new Error(
    '--channels: with the scopes transcript and events, the numeric ids of the voice channels that it may read.',
  );
}
