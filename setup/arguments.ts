import { parseArgs } from 'node:util';
import type { ModelNames } from '#doctor/probes/pick-models.ts';
import { groups, type SettingGroup } from '#src/config/keys.ts';
import { isAddress } from '#src/config/settings.ts';

/** Parts of the set-up, one after the other. */
export const setupParts = ['token', 'server', 'providers', 'commands', 'sound'] as const;
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
  readonly registers: boolean;
  /** Longest wait for an invitation, in ms, where no person can be asked. */
  readonly waitMs: number;
};

export const usage =
  'npm run setup [-- (--token-file FILE | --token-env NAME) --server ID (--provider URL [--key-env NAME] | --provider embedded) [--transcription-provider URL [--transcription-key-env NAME]] [--chat-provider URL [--chat-key-env NAME]] [--speech-provider URL [--speech-key-env NAME]] [--chat MODEL] [--speech MODEL] [--transcription MODEL] [--voice NAME] [--channel ID | --no-sound] [--commands] [--wait SECONDS]]';

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
  commands: flag,
  wait: text,
} as const;

type Values = ReturnType<typeof parseArgs<{ options: typeof options }>>['values'];

/** Undefined for invalid arguments; they are never repeated, since one may be a token. */
export function readFlags(args: readonly string[]): Flags | undefined {
  try {
    const { values } = parseArgs({ args: [...args], options });
    const { 'token-file': tokenFile, 'token-env': tokenEnv } = values;
    const { server: serverId, channel: channelId, wait = usualWait } = values;
    const { 'no-sound': isSilent = false, commands: registers = false } = values;
    const providers = serversIn(values);
    if (!providers) return undefined;
    const flags = {
      ...{ providers, isSilent, registers },
      waitMs: Number(wait) * 1000,
      ...(tokenFile && { tokenFile }),
      ...(tokenEnv && { tokenEnv }),
      ...(serverId && { serverId }),
      ...(channelId && { channelId }),
    };
    return fits(flags) ? flags : undefined;
  } catch {
    return undefined;
  }
}

/** Parts that these flags say something about. */
export function partsIn(flags: Flags): readonly SetupPart[] {
  const { tokenFile, tokenEnv, serverId, providers, channelId, registers } = flags;
  const named: Readonly<Record<SetupPart, boolean>> = {
    token: (tokenFile ?? tokenEnv) !== undefined,
    server: serverId !== undefined,
    providers: providers.length > 0,
    commands: registers,
    sound: channelId !== undefined,
  };
  return setupParts.filter((part) => named[part]);
}

const roles = {
  TRANSCRIPTION: 'transcription',
  CHAT_COMPLETION: 'chat',
  SPEECH: 'speech',
} as const satisfies Readonly<Record<SettingGroup, string>>;

/** Servers as flags name them, those of one role first; undefined where they cannot be meant so. */
function serversIn(values: Values): Flags['providers'] | undefined {
  const { provider: addresses = [], 'key-env': keyEnv } = values;
  const ofRoles = groups.flatMap((group): readonly NamedServer[] => {
    const baseUrl = values[`${roles[group]}-provider`];
    const key = values[`${roles[group]}-key-env`];
    if (baseUrl === undefined) return [];
    return [{ baseUrl, groups: [group], named: namedIn(values, [group]), ...keyed(key) }];
  });
  const left = groups.filter((group) => !ofRoles.some((one) => one.groups?.includes(group)));
  const strayKey = left.some((group) => values[`${roles[group]}-key-env`] !== undefined);
  const isOne = addresses.length === 1 && addresses[0] !== 'embedded';
  const namesMore = keyEnv !== undefined || Object.keys(namedIn(values, left)).length > 0;
  if (strayKey || (namesMore && !isOne)) return undefined;
  if (addresses.includes('embedded'))
    return addresses.length === 1 && ofRoles.length === 0 ? 'embedded' : undefined;
  const named = namedIn(values, left);
  const servers = [
    ...together(ofRoles),
    ...addresses.map((baseUrl) => ({ baseUrl, named, ...keyed(keyEnv) })),
  ];
  return servers.every(({ baseUrl }) => isAddress(baseUrl)) ? servers : undefined;
}

function keyed(keyEnv: string | undefined): Pick<NamedServer, 'keyEnv'> {
  return keyEnv === undefined ? {} : { keyEnv };
}

/** One server with one key is asked once, for all that it is named for. */
function together(servers: readonly NamedServer[]): readonly NamedServer[] {
  const byServer = Map.groupBy(servers, ({ baseUrl, keyEnv = '' }) => `${keyEnv} ${baseUrl}`);
  return [...byServer.values()].flatMap(([first, ...others]) => {
    if (!first) return [];
    const all = [first, ...others];
    const named = Object.assign({}, ...all.map((one) => one.named));
    return [{ ...first, named, groups: all.flatMap((one) => one.groups ?? []) }];
  });
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

function fits({ tokenFile, tokenEnv, serverId, channelId, waitMs, isSilent }: Flags): boolean {
  const ids = [serverId, channelId].filter((id) => id !== undefined);
  return (
    (tokenFile === undefined || tokenEnv === undefined) &&
    ids.every((id) => /^\d{15,21}$/.test(id)) &&
    !(isSilent && channelId !== undefined) &&
    Number.isFinite(waitMs) &&
    waitMs >= 0
  );
}
