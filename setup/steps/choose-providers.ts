import { examineProvider, type ProviderExamination, type TriedRole } from '#doctor/provider.ts';
import { Report } from '#doctor/report.ts';
import type { NamedServer } from '#setup/arguments.ts';
import { type AnswerChoice, SetupEnd } from '#setup/questions.ts';
import type { SetupContext } from '#setup/setup-context.ts';
import { isOwn, openAiMonthUsd, type Vendor } from '#setup/vendors.ts';
import type { Secret } from '#src/base/secret.ts';
import { readConfig, readSecret } from '#src/config/config.ts';
import { groups, type SettingGroup } from '#src/config/keys.ts';
import { isAddress } from '#src/config/settings.ts';
import type { SpokenClip } from '#src/probes/probe.ts';
import { isOpenAi } from '#src/provider/models/models.ts';
import type { NearbyServer } from '#src/provider/nearby.ts';

type Address = { readonly baseUrl: string; readonly apiKey?: Secret };
type TriedServer = Pick<NamedServer, 'groups' | 'named'> & {
  readonly isRealtime?: boolean | undefined;
  readonly address: Address;
  /** Left out: its address. */
  readonly name?: string;
};
/** Roles that are filled, and the speech of their trial. */
type FilledGroups = {
  readonly groups: Set<SettingGroup>;
  /** Roles that a server was found not to have, by `placeOf` its address. */
  readonly lacking: Map<string, readonly SettingGroup[]>;
  clip?: SpokenClip;
};

/** One question to a server, in ms: a model that was not used for long is loaded in it. */
const deadlineMs = 60_000;
/** Settings of a Realtime server that answers in place of a chat model. */
const ofRealtime = ['PIPELINE', 'REALTIME_BASE_URL', 'REALTIME_MODEL'] as const;
/** Settings of a role that belong to its server, and go with it. */
const ofServer = ['BASE_URL', 'MODEL', 'API_KEY', 'BACKEND', 'VOICE', 'FORMAT', 'STREAM'] as const;

/** Chooses the servers that hear, think and speak, and tries them as the doctor does. Returns the speech of the trial. */
export async function chooseProviders(context: SetupContext): Promise<SpokenClip | undefined> {
  const { providers } = context.flags;
  const filled: FilledGroups = { groups: new Set(), lacking: new Map() };
  if (providers === 'embedded') useEmbedded(context);
  else await chooseServers(context, providers, filled);
  const { ask, edits } = context;
  const read = readConfig(edits.environment());
  if (read.kind !== 'ok' || read.config.pipeline === 'realtime') return filled.clip;
  if (read.config.chat.kind === 'embedded') ask.say(noModel);
  return filled.clip;
}

const noModel =
  'You chose no chat model: the bot answers from a small built-in list. Run npm run setup to connect a model later.';

async function chooseServers(
  context: SetupContext,
  providers: readonly NamedServer[],
  filled: FilledGroups,
): Promise<void> {
  for (const server of providers) {
    const { baseUrl, keyEnv } = server;
    const address = { baseUrl, ...keyIn(context, keyEnv) };
    if ((await tried(context, { ...server, address }, filled)) === 'used') continue;
    throw new SetupEnd(
      1,
      `The bot cannot use ${baseUrl}: the lines above say why. Nothing was written.`,
    );
  }
  if (providers.length === 0) await askForServers(context, filled);
}

/** Key in a variable. Its name is not repeated: it may be the key itself. */
function keyIn(
  { environment }: SetupContext,
  keyEnv: string | undefined,
): { readonly apiKey?: Secret } {
  if (keyEnv === undefined) return {};
  const apiKey = readSecret(keyEnv, environment);
  if (apiKey) return { apiKey };
  throw new SetupEnd(78, 'A variable that --key-env names is not set. Nothing was written.');
}

/** One server after the other, until every role has one or enough is said. */
async function askForServers(context: SetupContext, filled: FilledGroups): Promise<void> {
  const nearby = await context.nearby();
  while (filled.groups.size < groups.length) {
    const answer = await chosenServer(context, filled, nearby);
    if (answer === 'none') {
      if (filled.groups.size === 0) useEmbedded(context);
      return;
    }
    await triedWithKeys(context, answer, filled);
  }
}

/** Asks for one of the usual ways; all others are behind a second question. */
async function chosenServer(
  { ask, vendors }: SetupContext,
  filled: FilledGroups,
  nearby: readonly NearbyServer[],
): Promise<ServerChoice> {
  const fits = ({ value }: AnswerChoice<KnownServer>) => rolesLeft(value, filled).length > 0;
  const usual = vendors.filter(({ isUsual }) => isUsual);
  const places = new Set([...usual, ...nearby].map(placeOf));
  const found = nearby.filter((one) => !usual.some((vendor) => placeOf(vendor) === placeOf(one)));
  const others = [
    ...found.map(foundChoice),
    ...vendors.filter((vendor) => !places.has(placeOf(vendor))).map(vendorChoice),
  ];
  const last = lastChoice(filled);
  const answer = await ask.choose<ServerChoice | 'more'>(questionFor(filled), [
    ...usual.map(vendorChoice).filter(fits),
    last,
    { value: 'more', label: 'More servers' },
  ]);
  if (answer !== 'more') return answer;
  return await ask.choose<ServerChoice>('Which one of these?', [
    ...others.filter(fits),
    { value: 'other', label: 'Another server, by its address' },
    last,
  ]);
}

/** Tries a server, and asks for another key, and nothing else, as long as it refuses the key. */
async function triedWithKeys(
  context: SetupContext,
  answer: Exclude<ServerChoice, 'none'>,
  filled: FilledGroups,
): Promise<void> {
  const known = answer === 'other' ? await namedServer(context) : answer;
  const { baseUrl, isRealtime, name, needsKey, roles } = known;
  const server = { name, named: {}, groups: roles, isRealtime };
  let address = needsKey ? await withKey(context, known) : { baseUrl };
  while (address && (await tried(context, { ...server, address }, filled)) === 'refused key')
    address = await withKey(context, known);
}

/** Host and port, by which a server is known again. */
function placeOf({ baseUrl }: Pick<Vendor, 'baseUrl'>): string {
  return new URL(baseUrl).host.replace(/^localhost(?=:|$)/, '127.0.0.1');
}

/** A vendor of the list, a server found nearby, one that is to be named, or none. */
type ServerChoice = KnownServer | 'other' | 'none';
type KnownServer = Pick<Vendor, 'baseUrl' | 'isRealtime' | 'name' | 'needsKey' | 'roles'>;

function foundChoice({ name, baseUrl }: NearbyServer): AnswerChoice<KnownServer> {
  const label = `The server at ${baseUrl}`;
  return {
    value: { name, baseUrl, needsKey: false, roles: groups },
    label,
    hint: `usually ${name}`,
  };
}

function vendorChoice(vendor: Vendor): AnswerChoice<KnownServer> {
  const roles = vendor.roles.map((group) => verbs[group]).join(', ');
  const where = isOwn(vendor) ? vendor.baseUrl : 'needs a key';
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
function rolesLeft({ baseUrl, roles }: KnownServer, { groups: taken, lacking }: FilledGroups) {
  const without = lacking.get(placeOf({ baseUrl })) ?? [];
  return roles.filter((group) => !taken.has(group) && !without.includes(group));
}

const words = {
  TRANSCRIPTION: 'speech to text',
  CHAT_COMPLETION: 'chat',
  SPEECH: 'text to speech',
} as const satisfies Readonly<Record<SettingGroup, string>>;

function questionFor({ groups: taken }: FilledGroups): string {
  if (taken.size === 0) return 'Which server for speech to text, chat, and text to speech?';
  return `Which server for ${inWords(groups.filter((group) => !taken.has(group)))}?`;
}

function lastChoice({ groups: taken }: FilledGroups): AnswerChoice<ServerChoice> {
  const label = taken.size === 0 ? builtIn : 'No more: the rest stays as it is';
  return { value: 'none', label };
}

const builtIn = 'None: the built-in ones, free, English, demo quality';

async function namedServer({ ask }: SetupContext): Promise<KnownServer> {
  const baseUrl = await ask.askText(
    'The address of the server, up to /v1.',
    'http://127.0.0.1:8000/v1',
    (value) =>
      isAddress(value) ? undefined : 'It must be an address like http://127.0.0.1:8000/v1.',
  );
  return { name: baseUrl, baseUrl, needsKey: isOpenAi(baseUrl), roles: groups };
}

/** Undefined: the person gives up this server. */
async function withKey(
  { ask }: SetupContext,
  { baseUrl, name }: KnownServer,
): Promise<Address | undefined> {
  const question = `The key of ${name} (not shown; Enter: another server).`;
  const apiKey = await ask.askSecret(question, (value) =>
    /^[\x21-\x7e]*$/.test(value)
      ? undefined
      : 'It contains characters that no key has; copy it again.',
  );
  return apiKey.reveal() === '' ? undefined : { baseUrl, apiKey };
}

/** Tries a server, and notes its settings for the roles that have none yet. */
async function tried(
  context: SetupContext,
  server: TriedServer,
  filled: FilledGroups,
): Promise<'used' | 'unusable' | 'refused key'> {
  const { ask, clock, edits } = context;
  const { address, named, groups: wanted = groups } = server;
  const { apiKey, baseUrl } = address;
  const { name = baseUrl } = server;
  const examined = await ask.wait(`Trying ${baseUrl}`, () =>
    examineProvider(address, named, { clock, deadlineMs }),
  );
  if (examined.refusesKey) {
    ask.say(`${name} ${apiKey ? 'refused the key' : 'needs a key'}.`);
    return 'refused key';
  }
  const roleOf = (group: SettingGroup) =>
    examined.roles.find((role) => role.group === roleFor(group, server));
  const taken = wanted.filter(
    (group) => !filled.groups.has(group) && roleOf(group)?.state === 'usable',
  );
  for (const group of taken) {
    fill(edits, group, roleOf(group)?.settings ?? [], apiKey);
    filled.groups.add(group);
  }
  if (taken.includes('SPEECH') && examined.clip) filled.clip = examined.clip;
  filled.lacking.set(
    placeOf(address),
    groups.filter((group) => roleOf(group)?.state === 'absent'),
  );
  const isWhole = server.groups ? taken.length === wanted.length : examined.isUsable;
  const isUsed = taken.length > 0 && (isWhole || ask.canAsk);
  ask.say(linesOf(examined, apiKey).join('\n'));
  if (isUsed) ask.say(sentenceOn(name, examined, taken, filled));
  return isUsed ? 'used' : 'unusable';
}

/** The role of a server that is tried for a group of settings. */
function roleFor(group: SettingGroup, { isRealtime }: TriedServer): string {
  return isRealtime ? 'REALTIME' : group;
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
  filled: FilledGroups,
): string {
  const listed = (state: TriedRole['state']) =>
    inWords(
      groups.filter(
        (group) =>
          !filled.groups.has(group) &&
          roles.some((role) => role.group === group && role.state === state),
      ),
    );
  const [lacking, failed] = [listed('absent'), listed('broken')];
  const lacks = lacking === '' ? '' : ` It has no ${lacking}.`;
  return `${name} works for ${inWords(taken)}.${lacks}${failed === '' ? '' : ` Its ${failed} failed.`}`;
}

function inWords(roles: readonly SettingGroup[]): string {
  return new Intl.ListFormat('en').format(roles.map((group) => words[group]));
}

function fill(
  edits: SetupContext['edits'],
  group: SettingGroup,
  settings: readonly string[],
  apiKey: Secret | undefined,
): void {
  clear(edits, group);
  for (const line of settings) {
    const [, name = '', value = ''] = /^([A-Z_]+)=(.*)$/.exec(line) ?? [];
    edits.set(name, value);
    if (name === 'REALTIME_BASE_URL') edits.set('PIPELINE', 'realtime');
  }
  if (apiKey) edits.set(`${group}_API_KEY`, apiKey.reveal());
}

function useEmbedded({ edits }: SetupContext): void {
  for (const group of groups) clear(edits, group);
  edits.set('OPENAI_API_KEY', '');
}

function clear(edits: SetupContext['edits'], group: SettingGroup): void {
  const isAnswered = group === 'CHAT_COMPLETION' && edits.value('REALTIME_BASE_URL') !== '';
  const names = ofServer.map((part) => `${group}_${part}`);
  for (const name of isAnswered ? [...names, ...ofRealtime] : names) {
    if ((edits.file.values[name] ?? '') !== '' || edits.changes.has(name)) edits.set(name, '');
  }
}
