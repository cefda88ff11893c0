import type { SpokenClip } from '#doctor/probes/round-trip.ts';
import { examineProvider } from '#doctor/provider.ts';
import { Report } from '#doctor/report.ts';
import { isAddress, type NamedServer } from '#setup/arguments.ts';
import { type AnswerChoice, SetupEnd } from '#setup/questions.ts';
import type { SetupContext } from '#setup/setup-context.ts';
import { choiceScreen, isOwn, type Vendor } from '#setup/vendors.ts';
import type { Secret } from '#src/base/secret.ts';
import { readConfig, readSecret } from '#src/config/config.ts';
import { groups, type SettingGroup } from '#src/config/keys.ts';
import { isOpenAi } from '#src/provider/models/models.ts';
import { type NearbyServer, nearbyServers } from '#src/provider/nearby.ts';

type Address = { readonly baseUrl: string; readonly apiKey?: Secret };
type TriedServer = Pick<NamedServer, 'groups' | 'named'> & { readonly address: Address };
/** Roles that are filled, and the speech of their trial. */
type FilledGroups = { readonly groups: Set<SettingGroup>; clip?: SpokenClip };

/** One question to a server, in ms: a model that was not used for long is loaded in it. */
const deadlineMs = 60_000;
/** Settings of a role that belong to its server, and go with it. */
const ofServer = ['BASE_URL', 'MODEL', 'API_KEY', 'BACKEND', 'VOICE', 'FORMAT', 'STREAM'] as const;

/** Chooses the servers that hear, think and speak, and tries them as the doctor does. Returns the speech of the trial. */
export async function chooseProviders(context: SetupContext): Promise<SpokenClip | undefined> {
  const { providers } = context.flags;
  const filled: FilledGroups = { groups: new Set() };
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
  const nearby = await nearbyServers();
  ask.say(choiceScreen(vendors));
  while (filled.groups.size < groups.length) {
    const answer = await ask.choose<ServerChoice>(questionFor(filled), [
      ...nearby.map(foundChoice),
      ...vendors.filter((vendor) => rolesLeft(vendor, filled).length > 0).map(vendorChoice),
      { value: 'other', label: 'Another server, by its address' },
      lastChoice(filled),
    ]);
    if (answer === 'none') {
      if (filled.groups.size === 0) useEmbedded(context);
      return;
    }
    const address = await addressOf(context, answer);
    const wanted = typeof answer === 'string' ? {} : { groups: rolesLeft(answer, filled) };
    await tried(context, { address, named: {}, ...wanted }, filled);
  }
}

/** A vendor of the list, a server found nearby, one that is to be named, or none. */
type ServerChoice = Pick<Vendor, 'baseUrl' | 'name' | 'needsKey' | 'roles'> | 'other' | 'none';

function foundChoice({ name, baseUrl }: NearbyServer): AnswerChoice<ServerChoice> {
  const label = `The server at ${baseUrl}`;
  const value = { name: label, baseUrl, needsKey: false, roles: groups };
  return { value, label, hint: `usually ${name}` };
}

function vendorChoice(vendor: Vendor): AnswerChoice<ServerChoice> {
  const roles = vendor.roles.map((group) => words[group]).join(', ');
  const where = isOwn(vendor) ? vendor.baseUrl : 'needs a key';
  return { value: vendor, label: vendor.name, hint: `${roles}; ${where}` };
}

/** Roles that it can serve and no server serves yet. */
function rolesLeft({ roles }: Pick<Vendor, 'roles'>, { groups: taken }: FilledGroups) {
  return roles.filter((group) => !taken.has(group));
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

function lastChoice({ groups: taken }: FilledGroups): AnswerChoice<ServerChoice> {
  if (taken.size > 0) return { value: 'none', label: 'None: keep the other settings as they are' };
  return { value: 'none', label: 'None: the embedded engines', hint: 'English, demo quality' };
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
  { address, named, groups: wanted = groups }: TriedServer,
  filled: FilledGroups,
): Promise<boolean> {
  const lines: string[] = [];
  const report = new Report((line) => lines.push(line), address.apiKey ? [address.apiKey] : []);
  const { code, settings, clip } = await ask.wait(`Trying ${address.baseUrl}`, () =>
    examineProvider({ address, named }, { clock, deadlineMs }, report),
  );
  ask.say(lines.join('\n'));
  const offered = wanted.filter((group) => settings.some((line) => line.startsWith(`${group}_`)));
  const taken = offered.filter((group) => !filled.groups.has(group));
  const isWhole = wanted === groups ? code === 0 : taken.length === wanted.length;
  for (const group of taken) {
    fill(edits, group, settings, address.apiKey);
    filled.groups.add(group);
  }
  if (taken.includes('SPEECH') && clip) filled.clip = clip;
  return taken.length > 0 && (isWhole || ask.canAsk);
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
