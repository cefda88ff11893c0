import {
  examineProvider,
  type ProviderExamination,
  type TriedRole,
} from '#doctor/examine-provider.ts';
import type { Clock } from '#src/base/clock.ts';
import { Secret } from '#src/base/secret.ts';
import { groups, type SettingGroup } from '#src/config/roles.ts';
import { isAddress } from '#src/config/settings.ts';
import { listAddressSecrets } from '#src/provider/access/server-address.ts';
import { formatServerName } from '#src/provider/models/error-text.ts';
import { isOpenAi } from '#src/provider/models/standard-models.ts';
import {
  clearRole,
  fillRoles,
  findRole,
  formatFindings,
  formatRoleNames,
  type KnownServer,
} from './server-roles.ts';
import type { SettingEdits } from './setting-edits.ts';
import type { SetupQuestions } from './setup-questions.ts';
import { estimateOpenAiMonthUsd, type Vendor } from './vendors.ts';

export type ProviderChoiceDeps = {
  readonly ask: SetupQuestions;
  readonly edits: SettingEdits;
  readonly clock: Clock;
  readonly vendors: readonly Vendor[];
};

/** `absentByAddress` lists the roles that each server does not offer. */
type RoleProgress = {
  readonly served: Set<SettingGroup>;
  readonly absentByAddress: Map<string, readonly SettingGroup[]>;
};

/** A local server may load a model of some GB first. */
const serverDeadlineMs = 60_000;
/** Asks for servers and tries each, until every role has one. */
export async function chooseProviders(deps: ProviderChoiceDeps): Promise<void> {
  const { ask, edits } = deps;
  const progress: RoleProgress = { served: new Set(), absentByAddress: new Map() };
  while (progress.served.size < groups.length) {
    const server = await askServer(deps, progress);
    if (!server) break;
    await tryServerWithKeys(deps, server, progress);
  }
  if (progress.served.size === 0) useEmbeddedEngines(edits);
  const { pipeline, chat } = edits.readConfig().engines;
  if (pipeline !== 'realtime' && chat.kind === 'local') ask.say(noModelNotice);
}

const noModelNotice =
  'You chose no chat model: the bot answers from a small built-in list. Run npm run setup to connect a model later.';

/** Asks for a server. Undefined if the person wants no more. */
async function askServer({ ask, vendors }: ProviderChoiceDeps, progress: RoleProgress) {
  const offeredVendors = vendors.filter(
    (vendor) => listOpenRoles(vendor, progress).length > 0,
  );
  const answer = await ask.choose<KnownServer | 'other' | undefined>(
    formatServerQuestion(progress),
    [
      ...offeredVendors.map(toVendorChoice),
      { value: 'other', label: 'Another server, by its address' },
      {
        value: undefined,
        label:
          progress.served.size === 0
            ? builtInLabel
            : 'No more: the rest stays as it is',
      },
    ],
  );
  return answer === 'other' ? await askServerAddress(ask) : answer;
}

const builtInLabel = 'None: the built-in ones, free, best in English';

/** Asks for another key as long as the server refuses it. */
async function tryServerWithKeys(
  deps: ProviderChoiceDeps,
  server: KnownServer,
  progress: RoleProgress,
) {
  let isOpen = !server.needsKey;
  let apiKey: Secret | undefined;
  for (;;) {
    if (!isOpen) apiKey = await askKey(deps.ask, server);
    if (!isOpen && !apiKey) return;
    if ((await tryServer(deps, server, apiKey, progress)) === 'tried') return;
    isOpen = false;
  }
}

function toVendorChoice(vendor: Vendor) {
  const roles = vendor.roles.map((group) => roleVerbs[group]).join(', ');
  const isOwn = new URL(vendor.baseUrl).hostname === '127.0.0.1';
  const where = isOwn ? vendor.baseUrl : 'needs a key';
  const month = Math.round(estimateOpenAiMonthUsd());
  const price = isOpenAi(vendor.baseUrl)
    ? `, $${month} a month at two hours a day`
    : '';
  return { value: vendor, label: `${vendor.name}: ${roles}; ${where}${price}` };
}

const roleVerbs = {
  TRANSCRIPTION: 'hears',
  CHAT_COMPLETION: 'thinks',
  SPEECH: 'speaks',
} as const satisfies Readonly<Record<SettingGroup, string>>;

function listOpenRoles(
  { baseUrl, roles }: KnownServer,
  { served, absentByAddress }: RoleProgress,
) {
  const absent = absentByAddress.get(baseUrl) ?? [];
  return roles.filter((group) => !served.has(group) && !absent.includes(group));
}

function formatServerQuestion({ served }: RoleProgress) {
  if (served.size === 0)
    return 'Which server for speech to text, chat, and text to speech?';
  return `Which server for ${formatRoleNames(groups.filter((group) => !served.has(group)))}?`;
}

async function askServerAddress(ask: SetupQuestions) {
  const baseUrl = await ask.askText(
    'The address of the server, up to /v1.',
    'http://127.0.0.1:8000/v1',
    (value) =>
      isAddress(value)
        ? undefined
        : 'It must be an address like http://127.0.0.1:8000/v1.',
  );
  return {
    name: formatServerName(baseUrl),
    baseUrl,
    needsKey: isOpenAi(baseUrl),
    roles: groups,
  };
}

/** Undefined if the person wants another server. */
async function askKey(ask: SetupQuestions, { name }: KnownServer) {
  const key = await ask.askSecret(
    `The key of ${name} (not shown; Enter: another server).`,
    (value) =>
      /^[\x21-\x7e]*$/.test(value)
        ? undefined
        : 'It contains characters that no key has; copy it again.',
  );
  return key === '' ? undefined : new Secret(key);
}

/** Tries a server, and notes settings for the open roles that it fills. */
async function tryServer(
  { ask, clock, edits }: ProviderChoiceDeps,
  server: KnownServer,
  apiKey: Secret | undefined,
  progress: RoleProgress,
) {
  const { baseUrl, name, roles } = server;
  const examined = await ask.waitForWork(
    `Trying ${formatServerName(baseUrl)}`,
    examineProvider({ baseUrl, apiKey }, { clock, deadlineMs: serverDeadlineMs }),
  );
  if (examined.refusesKey) {
    ask.say(`${name} ${apiKey ? 'refused the key' : 'needs a key'}.`);
    return 'refused key';
  }
  const open = roles.filter((group) => !progress.served.has(group));
  const served = fillRoles(edits, { ...server, roles: open }, examined, apiKey);
  for (const group of served) progress.served.add(group);
  progress.absentByAddress.set(
    baseUrl,
    groups.filter((group) => findRole(examined, group, server)?.state === 'absent'),
  );
  const secrets = [...(apiKey ? [apiKey] : []), ...listAddressSecrets(baseUrl)];
  ask.say(formatFindings(examined, secrets).join('\n'));
  if (served.length > 0) ask.say(formatRoleSummary(name, examined, served, progress));
  return 'tried';
}

function formatRoleSummary(
  name: string,
  { roles }: ProviderExamination,
  served: readonly SettingGroup[],
  progress: RoleProgress,
) {
  const listRoles = (state: TriedRole['state']) =>
    formatRoleNames(
      groups.filter(
        (group) =>
          !progress.served.has(group) &&
          roles.some((role) => role.group === group && role.state === state),
      ),
    );
  const [lacking, failed] = [listRoles('absent'), listRoles('broken')];
  const lacks = lacking === '' ? '' : ` It has no ${lacking}.`;
  return `${name} works for ${formatRoleNames(served)}.${lacks}${failed === '' ? '' : ` Its ${failed} failed.`}`;
}

function useEmbeddedEngines(edits: SettingEdits) {
  for (const group of groups) clearRole(edits, group);
  edits.set('OPENAI_API_KEY', '');
}
