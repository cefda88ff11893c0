import type { SpokenClip } from '#doctor/probes/round-trip.ts';
import { examineProvider } from '#doctor/provider.ts';
import { Report } from '#doctor/report.ts';
import type { NamedServer } from '#setup/arguments.ts';
import { type AnswerChoice, SetupEnd } from '#setup/questions.ts';
import type { SetupContext } from '#setup/setup-context.ts';
import { choiceScreen, isOwn, type Vendor } from '#setup/vendors.ts';
import type { Secret } from '#src/base/secret.ts';
import { readConfig, readSecret } from '#src/config/config.ts';
import { groups, type SettingGroup } from '#src/config/keys.ts';
import { isAddress } from '#src/config/settings.ts';
import { isOpenAi } from '#src/provider/models/models.ts';
import type { NearbyServer } from '#src/provider/nearby.ts';
import { lackingGroups, reportTried } from './provider-findings.ts';

type Address = { readonly baseUrl: string; readonly apiKey?: Secret };
type TriedServer = Pick<NamedServer, 'groups' | 'named'> & {
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
  if (read.kind === 'ok' && read.config.chat.kind === 'embedded') ask.say(noModel);
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
    if (await tried(context, { ...server, address }, filled)) continue;
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
  const { ask, vendors } = context;
  const nearby = await context.nearby();
  const found = nearby.map((one) => foundChoice(one, vendors));
  const places = new Set(nearby.map(placeOf));
  const others = vendors.filter((vendor) => !places.has(placeOf(vendor))).map(vendorChoice);
  ask.say(choiceScreen(vendors));
  while (filled.groups.size < groups.length) {
    const answer = await ask.choose<ServerChoice>(questionFor(filled), [
      ...[...found, ...others].filter(({ value }) => rolesLeft(value, filled).length > 0),
      { value: 'other', label: 'Another server, by its address' },
      lastChoice(context, filled),
    ]);
    if (answer === 'none') {
      if (filled.groups.size === 0) useEmbedded(context);
      return;
    }
    const address = await addressOf(context, answer);
    const wanted =
      typeof answer === 'string' ? {} : { groups: rolesLeft(answer, filled), name: answer.name };
    await tried(context, { address, named: {}, ...wanted }, filled, true);
  }
}

/** Host and port, by which a server is known again. */
function placeOf({ baseUrl }: Pick<Vendor, 'baseUrl'>): string {
  return new URL(baseUrl).host.replace(/^localhost(?=:|$)/, '127.0.0.1');
}

/** A vendor of the list, a server found nearby, one that is to be named, or none. */
type ServerChoice = KnownServer | 'other' | 'none';
type KnownServer = Pick<Vendor, 'baseUrl' | 'name' | 'needsKey' | 'roles'>;

/** Named as the only vendor whose programs listen there. */
function foundChoice(
  { name: usual, baseUrl }: NearbyServer,
  vendors: readonly Vendor[],
): AnswerChoice<KnownServer> {
  const label = `The server at ${baseUrl}`;
  const there = vendors.filter((vendor) => placeOf(vendor) === placeOf({ baseUrl }));
  const names = there.length > 0 ? there.map((vendor) => vendor.name) : [usual];
  const [name = label] = names.length === 1 ? names : [];
  const hint = `usually ${new Intl.ListFormat('en', { type: 'disjunction' }).format(names)}`;
  return { value: { name, baseUrl, needsKey: false, roles: groups }, label, hint };
}

function vendorChoice(vendor: Vendor): AnswerChoice<KnownServer> {
  const roles = vendor.roles.map((group) => words[group]).join(', ');
  const where = isOwn(vendor) ? vendor.baseUrl : 'needs a key';
  return { value: vendor, label: vendor.name, hint: `${roles}; ${where}` };
}

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
  const left = groups.filter((group) => !taken.has(group)).map((group) => words[group]);
  return `Which server for ${left.join(' and ')}?`;
}

function lastChoice(
  { edits }: SetupContext,
  { groups: taken }: FilledGroups,
): AnswerChoice<ServerChoice> {
  if (taken.size === 0)
    return { value: 'none', label: 'None: the embedded engines', hint: 'English, demo quality' };
  const left = groups.filter((group) => !taken.has(group));
  const isBuiltIn = left.every((group) => isEmbedded(edits, group));
  return {
    value: 'none',
    label: isBuiltIn ? builtIn(left) : 'None: keep the other settings as they are',
  };
}

function isEmbedded(edits: SetupContext['edits'], group: SettingGroup): boolean {
  const read = readConfig(edits.environment());
  if (read.kind === 'bad') return false;
  const { chat, speech, transcription } = read.config;
  const engines = { CHAT_COMPLETION: chat, SPEECH: speech, TRANSCRIPTION: transcription };
  return engines[group].kind === 'embedded';
}

function builtIn(left: readonly SettingGroup[]): string {
  if (!left.includes('CHAT_COMPLETION')) return 'The built-in speech: free, English, demo quality.';
  return left.length > 1
    ? 'The built-in engines: free, English, demo quality.'
    : 'The built-in answers: free, from a small list.';
}

async function addressOf(
  { ask }: SetupContext,
  answer: Exclude<ServerChoice, 'none'>,
): Promise<Address> {
  const baseUrl =
    answer === 'other'
      ? await ask.askText(
          'The address of the server, up to /v1.',
          'http://127.0.0.1:8000/v1',
          (value) =>
            isAddress(value) ? undefined : 'It must be an address like http://127.0.0.1:8000/v1.',
        )
      : answer.baseUrl;
  const { name, needsKey } =
    answer === 'other' ? { name: 'OpenAI', needsKey: isOpenAi(baseUrl) } : answer;
  const question = needsKey
    ? 'The key of the server (not shown).'
    : 'The key of the server (not shown; Enter for none).';
  const apiKey = await ask.askSecret(question, (value) => {
    if (value === '') return needsKey ? `${name} needs a key.` : undefined;
    return /^[\x21-\x7e]+$/.test(value)
      ? undefined
      : 'It contains characters that no key has; copy it again.';
  });
  return { baseUrl, ...(apiKey.reveal() !== '' && { apiKey }) };
}

/** Examines a server, and notes its settings for the roles that have none yet. False: nothing of it can be used. */
async function tried(
  { ask, edits, clock }: SetupContext,
  { address, named, groups: wanted = groups, name }: TriedServer,
  filled: FilledGroups,
  isAsking = false,
): Promise<boolean> {
  const { apiKey, baseUrl } = address;
  const [full, brief] = [linesOf(apiKey), linesOf(apiKey)];
  const examined = await ask.wait(`Trying ${baseUrl}`, () =>
    examineProvider({ address, named }, { clock, deadlineMs }, full.report),
  );
  const { code, settings, clip } = examined;
  filled.lacking.set(placeOf(address), lackingGroups(examined));
  const offered = wanted.filter((group) => settings.some((line) => line.startsWith(`${group}_`)));
  const taken = offered.filter((group) => !filled.groups.has(group));
  const isWhole = wanted === groups ? code === 0 : taken.length === wanted.length;
  for (const group of taken) {
    fill(edits, group, settings, apiKey);
    filled.groups.add(group);
  }
  if (taken.includes('SPEECH') && clip) filled.clip = clip;
  const isUsed = taken.length > 0 && (isWhole || ask.canAsk);
  const left = groups.filter((group) => !filled.groups.has(group));
  const what = { name: name ?? baseUrl, baseUrl, examined, taken, left, isAskedNext: isAsking };
  if (isUsed) reportTried(what, brief.report);
  ask.say((isUsed ? brief : full).lines.join('\n'));
  return isUsed;
}

function linesOf(apiKey: Secret | undefined) {
  const lines: string[] = [];
  return { lines, report: new Report((line) => lines.push(line), apiKey ? [apiKey] : []) };
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
    if (name.startsWith(`${group}_`)) edits.set(name, value);
  }
  if (apiKey) edits.set(`${group}_API_KEY`, apiKey.reveal());
}

function useEmbedded({ edits }: SetupContext): void {
  for (const group of groups) clear(edits, group);
  edits.set('OPENAI_API_KEY', '');
}

function clear(edits: SetupContext['edits'], group: SettingGroup): void {
  for (const part of ofServer) {
    const name = `${group}_${part}`;
    if ((edits.file.values[name] ?? '') !== '' || edits.changes.has(name)) edits.set(name, '');
  }
}
