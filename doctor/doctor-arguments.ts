import { parseArgs } from 'node:util';
import { describeArgumentMistake } from '#src/base/argument-mistake.ts';
import { isAddress } from '#src/config/settings.ts';

export type DoctorArguments = {
  /** Base URL of the one server to examine. Without it the configuration is examined. */
  readonly provider?: string;
  /** Name of the environment variable that holds the key of that server. */
  readonly keyEnv?: string;
  readonly isOffline: boolean;
  /** Options of a live check in the voice channel where the operator sits. */
  readonly live?: { readonly silenceMs: number };
  /** The operator gets a test message the way notices about problems come. */
  readonly notifiesOperator: boolean;
};

export const doctorUsage =
  'npm run doctor [-- --provider URL [--key-env NAME]] [--live [--silence 2m]] [--tell-operator] [--offline]';

const textOption = { type: 'string' } as const;
const flagOption = { type: 'boolean' } as const;
const argumentOptions = {
  provider: textOption,
  'key-env': textOption,
  live: flagOption,
  silence: textOption,
  'tell-operator': flagOption,
  offline: flagOption,
} as const;

/**
 * Parses the flags of the doctor. A mistake is returned as a sentence, which names the flag and never its value: that may be a key.
 *
 * @example
 * import { parseDoctorArguments } from '#doctor/doctor-arguments.ts';
 *
 * parseDoctorArguments(['--silence', '5s']); // '--silence: needs --live.'
 */
export function parseDoctorArguments(
  args: readonly string[],
): DoctorArguments | string {
  try {
    const { values } = parseArgs({ args: [...args], options: argumentOptions });
    const { provider, 'key-env': keyEnv, live: isLive = false, silence } = values;
    const { offline: isOffline = false, 'tell-operator': notifiesOperator = false } =
      values;
    const live = parseLiveCheck(isLive, silence);
    const parsed = { isOffline, notifiesOperator, live, provider, keyEnv };
    validateArguments(parsed);
    return parsed;
  } catch (error) {
    return describeArgumentMistake(error);
  }
}

const defaultSilenceMs = 120_000;

/** Parses `--live` with its `--silence`. Throws a plain Error for an invalid time. */
function parseLiveCheck(isLive: boolean, silence: string | undefined) {
  if (isLive)
    return {
      silenceMs: silence === undefined ? defaultSilenceMs : parseSilenceMs(silence),
    };
  if (silence !== undefined) throw new Error('--silence: needs --live');
  return undefined;
}

/** Parses a time like `5s` or `2m`, up to an hour, to milliseconds. */
function parseSilenceMs(silence: string) {
  const [, number = '', unit] = /^(\d{1,4})([sm])$/.exec(silence) ?? [];
  const ms = Number(number) * (unit === 'm' ? 60_000 : 1_000);
  if (number === '' || ms === 0 || ms > 3_600_000)
    throw new Error('--silence: must be a time like 5s or 2m, up to an hour');
  return ms;
}

/** Throws a plain Error for the first flag that contradicts another, or lacks one. */
function validateArguments({
  isOffline,
  keyEnv,
  live,
  notifiesOperator,
  provider,
}: DoctorArguments) {
  if (provider === undefined && keyEnv !== undefined)
    throw new Error('--key-env: needs --provider');
  if (provider !== undefined && !isAddress(provider))
    throw new Error('--provider: must be an address like http://127.0.0.1:8000/v1');
  const onlineFlag = live ? 'live' : notifiesOperator && 'tell-operator';
  if (onlineFlag && (provider !== undefined || isOffline))
    throw new Error(`--${onlineFlag}: goes with neither --provider nor --offline`);
  if (live && notifiesOperator)
    throw new Error('--live: goes with no other flag but --silence');
}
