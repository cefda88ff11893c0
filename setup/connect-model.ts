import { examineProvider } from '#doctor/examine-provider.ts';
import { pickModels } from '#doctor/pick-models.ts';
import {
  applyChanges,
  findStrayNames,
  readEnvFile,
  replaceEnvFile,
} from '#setup/env-file.ts';
import {
  type LocalModelOffers,
  listLocalModelOffers,
  removeLocalModel,
  useLocalModel,
} from '#setup/local-models.ts';
import { fillRoles, formatFindings, formatRoleNames } from '#setup/server-roles.ts';
import { SettingEdits } from '#setup/setting-edits.ts';
import { SetupEnd } from '#setup/setup-questions.ts';
import type { Vendor } from '#setup/vendors.ts';
import { waitAtMost } from '#src/base/bounded-wait.ts';
import type { Clock } from '#src/base/clock.ts';
import { Secret } from '#src/base/secret.ts';
import { findFetchableModel } from '#src/downloads/catalogue.ts';
import { openClient } from '#src/provider/api-client.ts';
import { listModels } from '#src/provider/models/model-list.ts';

/** A local program that answers, and its models, the one first that fits best. */
export type FoundServer = { readonly name: string; readonly models: readonly string[] };

/** Local programs that answer, and others that can be connected. */
export type FoundModels = {
  readonly servers: readonly FoundServer[];
  /** Local programs that do not answer, with the commands that start them. */
  readonly stopped: readonly { readonly name: string; readonly start: string }[];
  /** Names of vendors that need a key. */
  readonly vendors: readonly string[];
};

/** All that the page offers: programs that answer, and models that Parley fetches and runs here. */
export type FoundChoices = FoundModels & {
  readonly local: LocalModelOffers;
  /** The model of this machine that the settings name. */
  readonly chosen: string | undefined;
};

/** The model that a person chose. */
export type ConnectOrder = {
  /** A name in `vendors.json`: no other address is asked. */
  readonly vendor: string;
  readonly model?: string;
  readonly key?: string;
};

export type ConnectOutcome =
  | { readonly outcome: 'connected'; readonly server: string; readonly roles: string }
  /** The file of the model is gone, and `.env` names none. */
  | { readonly outcome: 'removed' }
  /** `why` holds lines of the doctor, without the key. Nothing was written. */
  | { readonly outcome: 'refused'; readonly why: string };

export type ConnectDeps = {
  readonly vendors: readonly Vendor[];
  readonly clock: Clock;
  readonly environment: NodeJS.ProcessEnv;
  readonly envPath: string;
};

/** Longest wait for a list of a program on this machine. */
const listTimeoutMs = 1_500;
const maxModels = 50;
/** A local server may load a model of some GB first. */
const serverDeadlineMs = 60_000;

/** Looks for the programs of `vendors.json` on this machine, at their usual ports, and asks nobody else. */
export async function findModels({
  clock,
  vendors,
}: Pick<ConnectDeps, 'clock' | 'vendors'>): Promise<FoundModels> {
  const local = vendors.filter(
    ({ needsKey, roles }) => !needsKey && roles.includes('CHAT_COMPLETION'),
  );
  const looked = await Promise.all(
    local.map(async (vendor) => ({
      vendor,
      models: await listServerModels(vendor, clock),
    })),
  );
  return {
    servers: looked.flatMap(({ models, vendor: { name } }) =>
      models ? { name, models } : [],
    ),
    stopped: looked.flatMap(({ models, vendor: { name, start } }) =>
      models || start === undefined ? [] : { name, start },
    ),
    vendors: vendors.filter(({ needsKey }) => needsKey).map(({ name }) => name),
  };
}

/** Looks for all that the page offers. */
export async function findChoices(deps: ConnectDeps): Promise<FoundChoices> {
  const edits = readEdits(deps);
  const dataDir = edits ? edits.dataDir : '.';
  const [found, local] = await Promise.all([
    findModels(deps),
    listLocalModelOffers(dataDir, deps.clock),
  ]);
  return { ...found, local, chosen: edits?.getValue('CHAT_MODEL_FILE') || undefined };
}

/** Writes the name of a model into `.env`, which the next start fetches. */
export async function connectLocalModel(
  name: string,
  deps: ConnectDeps,
): Promise<ConnectOutcome> {
  if (!findFetchableModel(name)) return refuse(`${name} is no model of this version.`);
  const edits = readEdits(deps);
  if (!edits) return refuse(unreadable);
  useLocalModel(edits, name);
  const failure = await trySave(edits);
  if (failure !== undefined) return refuse(failure);
  const roles = formatRoleNames(['CHAT_COMPLETION']);
  return { outcome: 'connected', server: name, roles };
}

/** Takes the model of this machine out of `.env`, and removes what was fetched of it. */
export async function removeConnectedModel(deps: ConnectDeps): Promise<ConnectOutcome> {
  const edits = readEdits(deps);
  if (!edits) return refuse(unreadable);
  const name = edits.getValue('CHAT_MODEL_FILE');
  edits.set('CHAT_MODEL_FILE', '');
  const failure = await trySave(edits);
  if (failure !== undefined) return refuse(failure);
  await removeLocalModel(name, edits.dataDir);
  return { outcome: 'removed' };
}

const unreadable = '.env cannot be read: run npm run setup.';

function readEdits({ envPath, environment }: ConnectDeps) {
  const file = readEnvFile(envPath);
  return file.kind === 'refused' ? undefined : new SettingEdits(file.file, environment);
}

/** Undefined for a port where nothing answers as a server of models does. */
async function listServerModels({ baseUrl }: Vendor, clock: Clock) {
  const cancellation = new AbortController();
  const { signal } = cancellation;
  const listing = listModels(openClient({ baseUrl }), signal);
  const list = await waitAtMost(listing, listTimeoutMs, clock, signal);
  cancellation.abort(new Error('the list is read'));
  if (list?.kind !== 'listed') return undefined;
  const { model, isGuess } = pickModels(list).CHAT_COMPLETION;
  const names = list.models.map(({ id }) => id);
  const best = isGuess ? [] : [model];
  return [...new Set([...best, ...names])].slice(0, maxModels);
}

/**
 * Tries a vendor as `npm run setup` does, and writes its settings into `.env`.
 *
 * @example
 * import { connectModel } from '#setup/connect-model.ts';
 * import { realClock } from '#src/base/clock.ts';
 *
 * const deps = { vendors: [], clock: realClock, environment: {}, envPath: '.env' };
 * (await connectModel({ vendor: 'Nobody' }, deps)).outcome; // 'refused'
 */
export async function connectModel(
  { key, model, vendor: name }: ConnectOrder,
  deps: ConnectDeps,
): Promise<ConnectOutcome> {
  const vendor = deps.vendors.find((each) => each.name === name);
  if (!vendor) return refuse(`${name} is not known here: run npm run setup.`);
  if (vendor.needsKey && !key) return refuse(`${name} needs a key.`);
  const file = readEnvFile(deps.envPath);
  if (file.kind === 'refused') return refuse(file.reason);
  const edits = new SettingEdits(file.file, deps.environment);
  const apiKey = key && vendor.needsKey ? new Secret(key) : undefined;
  const { baseUrl, isRealtime, roles } = vendor;
  const examined = await examineProvider(
    {
      ...{ baseUrl, apiKey, chatModel: model },
      groups: isRealtime ? ['REALTIME'] : roles,
    },
    { clock: deps.clock, deadlineMs: serverDeadlineMs },
  );
  if (examined.refusesKey) return refuse(`${name} refused the key.`);
  const filled = fillRoles(edits, vendor, examined, apiKey);
  const secrets = apiKey ? [apiKey] : [];
  if (!filled.includes('CHAT_COMPLETION'))
    return refuse(formatFindings(examined, secrets).join('\n'));
  const failure = await trySave(edits);
  if (failure !== undefined) return refuse(failure);
  return { outcome: 'connected', server: name, roles: formatRoleNames(filled) };
}

async function trySave(edits: SettingEdits) {
  try {
    return await saveEdits(edits);
  } catch (error) {
    if (error instanceof SetupEnd) return error.message;
    throw error;
  }
}

function refuse(why: string): ConnectOutcome {
  return { outcome: 'refused', why };
}

/** Writes the changes into `.env`, after a look whether the bot could start with them. Returns a sentence if nothing was written. */
export async function saveEdits(edits: SettingEdits): Promise<string | undefined> {
  const { changes } = edits;
  if (changes.size === 0) return undefined;
  edits.readConfig();
  // Page and terminal may both be open, and what one has written meanwhile stays.
  const read = readEnvFile(edits.file.path);
  if (read.kind === 'refused') return read.reason;
  const { file } = read;
  const text = applyChanges(file.text, changes);
  const strays = findStrayNames(text, file.values, changes);
  if (strays.length > 0) {
    const names = strays.join(', ');
    return `Setup cannot change these settings in ${file.path}: ${names}. Change them by hand.`;
  }
  return await replaceEnvFile(file.path, text);
}
