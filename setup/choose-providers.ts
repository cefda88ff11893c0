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
import { chooseVoices } from './choose-voices.ts';
import {
  formatOffer,
  formatRoom,
  type LocalModelOffers,
  useLocalModel,
} from './local-models.ts';
import {
  clearRole,
  fillRoles,
  findRole,
  formatFindings,
  formatRoleNames,
  type KnownServer,
} from './server-roles.ts';
import type { SettingEdits } from './setting-edits.ts';
import {
  type AnswerChoice,
  orStepBack,
  type SetupQuestions,
} from './setup-questions.ts';
import { estimateOpenAiMonthUsd, type Vendor } from './vendors.ts';

export type ProviderChoiceDeps = {
  readonly ask: SetupQuestions;
  readonly edits: SettingEdits;
  readonly clock: Clock;
  readonly vendors: readonly Vendor[];
  /** Chat models that this machine can run. */
  readonly local: LocalModelOffers;
  /** Names of the vendors whose programs answer on this machine. They come first. */
  readonly running: readonly string[];
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
  let server: KnownServer | undefined;
  while (progress.served.size < groups.length) {
    const answer = await askServer(deps, progress, server);
    if (answer === undefined) break;
    if (answer === 'here') {
      await orStepBack(chooseLocalModel(deps, progress));
      continue;
    }
    server = answer;
    while (await shouldTryAgain(deps, server, progress));
  }
  if (progress.served.size === 0) useEmbeddedEngines(edits);
  const { pipeline, chat } = edits.readConfig().engines;
  if (pipeline !== 'realtime' && chat.kind === 'local') ask.say(noModelNotice);
}

const noModelNotice =
  'You chose no chat model: the bot answers from a small built-in list. Run npm run setup to connect a model later.';

/** Tries a server. After one that fills no role, asks in two lines whether to try it again, without the whole list. */
async function shouldTryAgain(
  deps: ProviderChoiceDeps,
  server: KnownServer,
  progress: RoleProgress,
) {
  const served = progress.served.size;
  const isTried = await orStepBack(tryServerWithKeys(deps, server, progress));
  if (!isTried || progress.served.size > served) return false;
  const choices = [
    { value: true, label: `Try ${server.name} again` },
    { value: false, label: 'Choose another server' },
  ];
  return (await orStepBack(deps.ask.choose('What now?', choices))) === true;
}

/** Asks which model the bot fetches and runs here. */
async function chooseLocalModel(
  { ask, edits, local }: ProviderChoiceDeps,
  { served }: RoleProgress,
) {
  ask.say(formatRoom(local.room));
  const choices = local.models.map((model) => {
    return { value: model, label: formatOffer(model) };
  });
  const model = await ask.choose('Which model? (Esc: back)', choices);
  useLocalModel(edits, model.name);
  served.add('CHAT_COMPLETION');
  ask.say(
    `npm start fetches ${model.name} and checks it. Until it is there, the bot answers from a small built-in list. Small models err.`,
  );
}

/** Asks for a server, with the last one marked. Undefined if the person wants no more. */
async function askServer(
  deps: ProviderChoiceDeps,
  progress: RoleProgress,
  last: KnownServer | undefined,
) {
  const { ask, local } = deps;
  const { furtherVendors, runningVendors, usualVendors } = listOpenVendors(
    deps,
    progress,
  );
  let marked: ServerAnswer = last;
  for (;;) {
    const answer: ServerAnswer = await ask.choose<ServerAnswer>(
      formatServerQuestion(progress),
      [
        ...runningVendors.map(toVendorChoice),
        ...listHereChoices(local, progress),
        ...usualVendors.map(toVendorChoice),
        ...listOtherChoices(furtherVendors.length, progress),
      ],
      furtherVendors.some((vendor) => vendor === marked) ? 'more' : marked,
    );
    if (answer === 'voices') {
      await chooseVoices(deps);
      marked = undefined;
      continue;
    }
    if (answer !== 'more' && answer !== 'other') return answer;
    const server = await orStepBack(
      answer === 'more'
        ? ask.choose(moreQuestion, furtherVendors.map(toVendorChoice), last)
        : askServerAddress(ask),
    );
    if (server) return server;
    marked = answer;
  }
}

type ServerAnswer = KnownServer | 'here' | 'more' | 'voices' | 'other' | undefined;

/** Lists vendors with a role to fill. Those whose server runs on this machine come first. */
function listOpenVendors(
  { running, vendors }: ProviderChoiceDeps,
  progress: RoleProgress,
) {
  const offered = vendors.filter(
    (vendor) => listOpenRoles(vendor, progress).length > 0,
  );
  const others = offered.filter(({ name }) => !running.includes(name));
  return {
    runningVendors: offered.filter(({ name }) => running.includes(name)),
    furtherVendors: others.filter(({ isMore }) => isMore),
    usualVendors: others.filter(({ isMore }) => !isMore),
  };
}

/** Lists the choices below the vendors. The voices of this machine matter while no server speaks. */
function listOtherChoices(
  furtherCount: number,
  progress: RoleProgress,
): readonly AnswerChoice<ServerAnswer>[] {
  const isSpeechOpen = !progress.served.has('SPEECH');
  return [
    ...(furtherCount > 0
      ? [{ value: 'more' as const, label: `More (${furtherCount})` }]
      : []),
    { value: 'other', label: 'Another server, by its address' },
    ...(isSpeechOpen ? [{ value: 'voices' as const, label: voicesLabel }] : []),
    { value: undefined, label: formatEndLabel(progress) },
  ];
}

const voicesLabel = 'None yet: first voices of other languages, for this machine';

function listHereChoices({ models }: LocalModelOffers, { served }: RoleProgress) {
  const canRunHere = models.length > 0 && !served.has('CHAT_COMPLETION');
  return canRunHere ? [{ value: 'here' as const, label: hereLabel }] : [];
}

const hereLabel =
  'A chat model that Parley fetches and runs here: thinks; no account, no key, nothing leaves this machine';
const moreQuestion = 'Which one? (Esc: back)';

function formatEndLabel({ served }: RoleProgress) {
  return served.size === 0 ? builtInLabel : 'No more: the rest stays as it is';
}

const builtInLabel = 'None: the built-in ones, free, best in English';

/** Asks for another key as long as the server refuses it. Returns false where the person wants another server. */
async function tryServerWithKeys(
  deps: ProviderChoiceDeps,
  server: KnownServer,
  progress: RoleProgress,
) {
  let isOpen = !server.needsKey;
  let apiKey: Secret | undefined;
  for (;;) {
    if (!isOpen) apiKey = await askKey(deps.ask, server);
    if (!isOpen && !apiKey) return false;
    if ((await tryServer(deps, server, apiKey, progress)) === 'tried') return true;
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
    'The address of the server, up to /v1 (Esc: back).',
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
    `The key of ${name} (not shown; Enter or Esc: another server).`,
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
  const { baseUrl, name, roles, needsKey } = server;
  const shownName = formatServerName(baseUrl);
  if (!needsKey && (await isParleyPage(baseUrl))) {
    ask.say(
      `${shownName} is Parley itself, which has no models of its own: type the address of the server that has them.`,
    );
    return 'tried';
  }
  const examined = await ask.waitForWork(
    `Trying ${shownName}`,
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
  const stopped = describeUselessServer(server, examined);
  if (stopped !== undefined) {
    ask.say(stopped);
    return 'tried';
  }
  const secrets = [...(apiKey ? [apiKey] : []), ...listAddressSecrets(baseUrl)];
  ask.say(formatFindings(examined, secrets).join('\n'));
  if (served.length > 0) ask.say(formatRoleSummary(name, examined, served, progress));
  return 'tried';
}

/** Says in one sentence why a server cannot fill any role, where the findings of its roles would only hide it. */
function describeUselessServer(
  { baseUrl, name, start }: KnownServer,
  { findings: [finding], roles: examinedRoles }: ProviderExamination,
) {
  if (examinedRoles.length === 0 && start !== undefined)
    return `${name} does not answer at ${baseUrl}. Start it in another terminal: ${start}`;
  return examinedRoles.length === 0 ? finding?.reason : undefined;
}

const pageTimeoutMs = 2_000;
/** Sentences of `src/web/http/viewer.ts` and of HTTP for programs. */
const parleyRefusal = /that npm start prints|Operations for programs begin/;

/** Tests whether the page of a sandbox, or HTTP for programs, is at an address. */
async function isParleyPage(baseUrl: string) {
  try {
    const url = new URL('/enter', new URL(baseUrl).origin);
    const signal = AbortSignal.timeout(pageTimeoutMs);
    const response = await fetch(url, { redirect: 'manual', signal });
    return parleyRefusal.test(await response.text());
  } catch {
    return false;
  }
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
