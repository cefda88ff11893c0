import { parseArgs } from 'node:util';
import { refuseNoAddress } from '#doctor/arguments.ts';
import type { ModelNames } from '#doctor/pick-models.ts';
import { argumentMistake } from '#src/base/argument-mistake.ts';
import { groups, type SettingGroup } from '#src/config/keys.ts';

/** Parts of the set-up, one after the other. */
export const setupParts = ['token', 'server', 'providers', 'sound'] as const;
export type SetupPart = (typeof setupParts)[number];

/** A server that flags name, and the variable that holds its key. */
export type NamedServer = {
  readonly baseUrl: string;
  readonly keyEnv?: string;
  /** Settings it is used for; absent: all that it can do and no other does. */
  readonly groups?: readonly SettingGroup[];
  readonly named: ModelNames;
};

/** Answers that were given beforehand; whatever is left out is asked for. */
export type Flags = {
  readonly tokenFile?: string;
  /** The variable that holds the token. */
  readonly tokenEnv?: string;
  readonly serverId?: string;
  /** Servers in the order in which they are to fill the roles; `embedded` for the engines of the bot itself. */
  readonly providers: readonly NamedServer[] | 'embedded';
  /** Voice channel in which the bot is to be heard. */
  readonly channelId?: string;
  readonly isSilent: boolean;
  /** Longest wait for an invitation, in ms, where no person can be asked. */
  readonly waitMs: number;
};

/** Sentence behind a mistake in a flag. */
export const usage = 'All flags: setup/README.md.';

/** Usual time, in s, in which a person opens the invite link. */
const usualWait = '300';

const text = { type: 'string' } as const;
const flag = { type: 'boolean' } as const;
const options = {
  'token-file': text,
  'token-env': text,
  server: text,
  provider: { type: 'string', multiple: true },
  'key-env': text,
  'transcription-provider': text,
  'transcription-key-env': text,
  'chat-provider': text,
  'chat-key-env': text,
  'speech-provider': text,
  'speech-key-env': text,
  chat: text,
  speech: text,
  transcription: text,
  voice: text,
  channel: text,
  'no-sound': flag,
  wait: text,
} as const;

type Values = ReturnType<typeof parseArgs<{ options: typeof options }>>['values'];

/** The sentence names a flag that is wrong, never its value, which may be a token. */
export function readFlags(args: readonly string[]): Flags | string {
  try {
    const { values } = parseArgs({ args: [...args], options });
    const { 'token-file': tokenFile, 'token-env': tokenEnv } = values;
    const { server: serverId, channel: channelId, wait = usualWait } = values;
    const { 'no-sound': isSilent = false } = values;
    refuseWrong(values);
    return {
      providers: serversIn(values),
      isSilent,
      waitMs: Number(wait) * 1000,
      ...(tokenFile && { tokenFile }),
      ...(tokenEnv && { tokenEnv }),
      ...(serverId && { serverId }),
      ...(channelId && { channelId }),
    };
  } catch (error) {
    return argumentMistake(error);
  }
}

/** Throws a plain Error for the first flag that cannot be meant so. */
function refuseWrong(values: Values): void {
  const { 'no-sound': isSilent, wait = usualWait } = values;
  if (values['token-file'] !== undefined && values['token-env'] !== undefined)
    throw new Error('--token-file, --token-env: only one of them');
  if (isSilent && values.channel !== undefined)
    throw new Error('--channel, --no-sound: only one of them');
  for (const name of ['server', 'channel'] as const)
    if (!/^\d{15,21}$/.test(values[name] ?? '000000000000000'))
      throw new Error(`--${name}: must be a numeric id, which Discord copies in Developer Mode`);
  if (!(Number(wait) >= 0)) throw new Error('--wait: must be a number of seconds');
}

/** Parts that these flags say something about. */
export function partsIn(flags: Flags): readonly SetupPart[] {
  const { tokenFile, tokenEnv, serverId, providers, channelId } = flags;
  const named: Readonly<Record<SetupPart, boolean>> = {
    token: (tokenFile ?? tokenEnv) !== undefined,
    server: serverId !== undefined,
    providers: providers.length > 0,
    sound: channelId !== undefined,
  };
  return setupParts.filter((part) => named[part]);
}

const roles = {
  TRANSCRIPTION: 'transcription',
  CHAT_COMPLETION: 'chat',
  SPEECH: 'speech',
} as const satisfies Readonly<Record<SettingGroup, string>>;

/** Servers as flags name them, those of one role first. Throws a plain Error where they cannot be meant so. */
function serversIn(values: Values): Flags['providers'] {
  const { provider: addresses = [], 'key-env': keyEnv } = values;
  const ofRoles = groups.flatMap((group): readonly NamedServer[] => {
    const baseUrl = values[`${roles[group]}-provider`];
    const key = values[`${roles[group]}-key-env`];
    if (baseUrl === undefined && key !== undefined)
      throw new Error(`--${roles[group]}-key-env: needs --${roles[group]}-provider`);
    if (baseUrl === undefined) return [];
    refuseNoAddress(`${roles[group]}-provider`, baseUrl);
    return [{ baseUrl, groups: [group], named: namedIn(values, [group]), ...keyed(key) }];
  });
  const left = groups.filter((group) => !ofRoles.some((one) => one.groups?.includes(group)));
  const named = namedIn(values, left);
  const [stray] = [...(keyEnv === undefined ? [] : ['key-env']), ...Object.keys(named)];
  const [first, ...more] = addresses;
  if (stray !== undefined && (first === undefined || first === 'embedded' || more.length > 0))
    throw new Error(`--${stray}: needs exactly one --provider with an address`);
  if (addresses.includes('embedded')) {
    if (more.length === 0 && ofRoles.length === 0) return 'embedded';
    throw new Error('--provider embedded: goes with no other server');
  }
  for (const baseUrl of addresses) refuseNoAddress('provider', baseUrl);
  return [...ofRoles, ...addresses.map((baseUrl) => ({ baseUrl, named, ...keyed(keyEnv) }))];
}

function keyed(keyEnv: string | undefined): Pick<NamedServer, 'keyEnv'> {
  return keyEnv === undefined ? {} : { keyEnv };
}

/** Models of these roles, and the voice where speech is one of them. */
function namedIn(values: Values, of: readonly SettingGroup[]): ModelNames {
  const models = of.flatMap((group) => {
    const model = values[roles[group]];
    return model ? [[roles[group], model]] : [];
  });
  const { voice } = values;
  return { ...Object.fromEntries(models), ...(voice && of.includes('SPEECH') && { voice }) };
}
