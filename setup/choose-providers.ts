import { examineProvider, type ProviderExamination, type TriedRole } from '#doctor/provider.ts';
import { Report } from '#doctor/report.ts';
import type { Clock } from '#src/base/clock.ts';
import { Secret } from '#src/base/secret.ts';
import { groups, type SettingGroup } from '#src/config/roles.ts';
import { isAddress } from '#src/config/settings.ts';
import { roles } from '#src/engines/engine.ts';
import { isOpenAi } from '#src/provider/models/models.ts';
import type { AnswerChoice, Questions } from './questions.ts';
import type { SettingEdits } from './setting-edits.ts';
import { openAiMonthUsd, type Vendor } from './vendors.ts';

export type ProviderQuestions = {
  readonly ask: Questions;
  readonly edits: SettingEdits;
  readonly clock: Clock;
  /** Vendors that are offered by name. */
  readonly vendors: readonly Vendor[];
};

/** A vendor of the list, or a server that was named. */
type KnownServer = Pick<Vendor, 'baseUrl' | 'isRealtime' | 'name' | 'needsKey' | 'roles'>;

/** Roles that are filled, and those that a server was found not to have, by its address. */
type FilledRoles = {
  readonly taken: Set<SettingGroup>;
  readonly lacking: Map<string, readonly SettingGroup[]>;
};

/** One question to a server, in ms: a model that was not used for long is loaded in it. */
const deadlineMs = 60_000;
/** Settings of a Realtime server that answers in place of a chat model. */
const ofRealtime = ['PIPELINE', 'REALTIME_BASE_URL', 'REALTIME_MODEL'] as const;
/** Settings of a role that belong to its server, and go with it. */
const ofServer = ['BASE_URL', 'MODEL', 'API_KEY', 'VOICE', 'FORMAT'] as const;

/** Chooses the servers that hear, think and speak, until every role has one or enough is said, and tries them as the doctor does. */
export async function chooseProviders(questions: ProviderQuestions): Promise<void> {
  const { ask, edits } = questions;
  const filled: FilledRoles = { taken: new Set(), lacking: new Map() };
  while (filled.taken.size < groups.length) {
    const server = await chosenServer(questions, filled);
    if (!server) break;
    await tryWithKeys(questions, server, filled);
  }
  if (filled.taken.size === 0) useEmbedded(edits);
  const { pipeline, chat } = edits.config();
  if (pipeline !== 'realtime' && chat.kind === 'local') ask.say(noModel);
}

const noModel =
  'You chose no chat model: the bot answers from a small built-in list. Run npm run setup to connect a model later.';

/** Asks for one of the servers that may serve a role that has none yet. Undefined: none. */
async function chosenServer(
  { ask, vendors }: ProviderQuestions,
  filled: FilledRoles,
): Promise<KnownServer | undefined> {
  const fitting = vendors.filter((vendor) => rolesLeft(vendor, filled).length > 0);
  const answer = await ask.choose<KnownServer | 'other' | undefined>(questionFor(filled), [
    ...fitting.map(vendorChoice),
    { value: 'other', label: 'Another server, by its address' },
    {
      value: undefined,
      label: filled.taken.size === 0 ? builtIn : 'No more: the rest stays as it is',
    },
  ]);
  return answer === 'other' ? await namedServer(ask) : answer;
}

const builtIn = 'None: the built-in ones, free, best in English';

/** Tries a server, and asks for another key, and nothing else, as long as it refuses the key. */
async function tryWithKeys(questions: ProviderQuestions, server: KnownServer, filled: FilledRoles) {
  let isOpen = !server.needsKey;
  let apiKey: Secret | undefined;
  for (;;) {
    if (!isOpen) apiKey = await keyOf(questions.ask, server);
    if (!isOpen && !apiKey) return;
    if ((await tried(questions, server, apiKey, filled)) === 'tried') return;
    isOpen = false;
  }
}

function vendorChoice(vendor: Vendor): AnswerChoice<KnownServer> {
  const roles = vendor.roles.map((group) => verbs[group]).join(', ');
  const isOwn = new URL(vendor.baseUrl).hostname === '127.0.0.1';
  const where = isOwn ? vendor.baseUrl : 'needs a key';
  const month = Math.round(openAiMonthUsd());
  const price = isOpenAi(vendor.baseUrl) ? `, $${month} a month at two hours a day` : '';
  return { value: vendor, label: `${vendor.name}: ${roles}; ${where}${price}` };
}

const verbs = {
  TRANSCRIPTION: 'hears',
  CHAT_COMPLETION: 'thinks',
  SPEECH: 'speaks',
} as const satisfies Readonly<Record<SettingGroup, string>>;

/** Roles that no server serves yet and it may: none that it was found not to have. */
function rolesLeft({ baseUrl, roles }: KnownServer, { taken, lacking }: FilledRoles) {
  const without = lacking.get(baseUrl) ?? [];
  return roles.filter((group) => !taken.has(group) && !without.includes(group));
}

function questionFor({ taken }: FilledRoles): string {
  if (taken.size === 0) return 'Which server for speech to text, chat, and text to speech?';
  return `Which server for ${inWords(groups.filter((group) => !taken.has(group)))}?`;
}

async function namedServer(ask: Questions): Promise<KnownServer> {
  const baseUrl = await ask.askText(
    'The address of the server, up to /v1.',
    'http://127.0.0.1:8000/v1',
    (value) =>
      isAddress(value) ? undefined : 'It must be an address like http://127.0.0.1:8000/v1.',
  );
  return { name: baseUrl, baseUrl, needsKey: isOpenAi(baseUrl), roles: groups };
}

/** Undefined: the person gives up this server. */
async function keyOf(ask: Questions, { name }: KnownServer): Promise<Secret | undefined> {
  const question = `The key of ${name} (not shown; Enter: another server).`;
  const key = await ask.askSecret(question, (value) =>
    /^[\x21-\x7e]*$/.test(value)
      ? undefined
      : 'It contains characters that no key has; copy it again.',
  );
  return key === '' ? undefined : new Secret(key);
}

/** Tries a server, and notes its settings for the roles that have none yet. */
async function tried(
  { ask, clock, edits }: ProviderQuestions,
  server: KnownServer,
  apiKey: Secret | undefined,
  filled: FilledRoles,
): Promise<'tried' | 'refused key'> {
  const { baseUrl, isRealtime, name, roles } = server;
  const examined = await ask.wait(
    `Trying ${baseUrl}`,
    examineProvider({ baseUrl, apiKey }, { clock, deadlineMs }),
  );
  if (examined.refusesKey) {
    ask.say(`${name} ${apiKey ? 'refused the key' : 'needs a key'}.`);
    return 'refused key';
  }
  const roleOf = (group: SettingGroup) =>
    examined.roles.find((role) => role.group === (isRealtime ? 'REALTIME' : group));
  const taken = roles.filter(
    (group) => !filled.taken.has(group) && roleOf(group)?.state === 'usable',
  );
  for (const group of taken) {
    fill(edits, group, roleOf(group)?.settings ?? {}, apiKey);
    filled.taken.add(group);
  }
  filled.lacking.set(
    baseUrl,
    groups.filter((group) => roleOf(group)?.state === 'absent'),
  );
  ask.say(linesOf(examined, apiKey).join('\n'));
  if (taken.length > 0) ask.say(sentenceOn(name, examined, taken, filled));
  return 'tried';
}

/** Findings about a server and the roles that it has. */
function linesOf({ findings, roles }: ProviderExamination, apiKey: Secret | undefined) {
  const lines: string[] = [];
  const report = new Report((line) => lines.push(line), apiKey ? [apiKey] : []);
  report.findings(findings);
  for (const { state, findings } of roles) if (state !== 'absent') report.findings(findings);
  return lines;
}

/** Roles that the server fills, and those that it cannot fill. */
function sentenceOn(
  name: string,
  { roles }: ProviderExamination,
  taken: readonly SettingGroup[],
  filled: FilledRoles,
): string {
  const listed = (state: TriedRole['state']) =>
    inWords(
      groups.filter(
        (group) =>
          !filled.taken.has(group) &&
          roles.some((role) => role.group === group && role.state === state),
      ),
    );
  const [lacking, failed] = [listed('absent'), listed('broken')];
  const lacks = lacking === '' ? '' : ` It has no ${lacking}.`;
  return `${name} works for ${inWords(taken)}.${lacks}${failed === '' ? '' : ` Its ${failed} failed.`}`;
}

function inWords(chosen: readonly SettingGroup[]): string {
  const named = Object.entries(roles).filter(([, { group }]) => chosen.includes(group));
  return new Intl.ListFormat('en').format(named.map(([name]) => name));
}

function fill(
  edits: SettingEdits,
  group: SettingGroup,
  settings: TriedRole['settings'],
  apiKey: Secret | undefined,
) {
  clear(edits, group);
  for (const [name, value] of Object.entries(settings)) edits.set(name, value);
  if ('REALTIME_BASE_URL' in settings) edits.set('PIPELINE', 'realtime');
  if (apiKey) edits.set(`${group}_API_KEY`, apiKey.reveal());
}

function useEmbedded(edits: SettingEdits) {
  for (const group of groups) clear(edits, group);
  edits.set('OPENAI_API_KEY', '');
}

function clear(edits: SettingEdits, group: SettingGroup) {
  const isAnswered = group === 'CHAT_COMPLETION' && edits.value('REALTIME_BASE_URL') !== '';
  const backends = Object.values(roles).filter((role) => role.group === group);
  const names = [
    ...ofServer.map((part) => `${group}_${part}`),
    ...backends.map(({ backend }) => backend),
  ];
  for (const name of isAnswered ? [...names, ...ofRealtime] : names) {
    if ((edits.file.values[name] ?? '') !== '' || edits.changes.has(name)) edits.set(name, '');
  }
}
