import { parseArgs } from 'node:util';
import { describeArgumentMistake } from '#src/base/errors.ts';
import { getUsage } from '#src/base/help/program-help.mjs';
import { isAddress } from '#src/config/settings.ts';

/** Flags of `npm run doctor`. */
export type DoctorArguments = {
  /** Without a base URL the configuration is examined. */
  readonly provider?: string;
  /** Environment variable with the key of that server. */
  readonly keyEnv?: string;
  readonly isOffline: boolean;
  readonly live?: { readonly silenceMs: number };
  /** Sends the operator a test message. */
  readonly notifiesOperator: boolean;
};

/** All flags, for a person who typed a wrong one. */
export const doctorUsage: string = getUsage('doctor');

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
 * Parses the flags of the doctor. Returns a mistake as a sentence, without the value of the flag,
 * which may be a key.
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

function parseLiveCheck(isLive: boolean, silence: string | undefined) {
  if (isLive)
    return {
      silenceMs: silence === undefined ? defaultSilenceMs : parseSilenceMs(silence),
    };
  if (silence !== undefined) throw new Error('--silence: needs --live');
  return undefined;
}

function parseSilenceMs(silence: string) {
  const [, number = '', unit] = /^(\d{1,4})([sm])$/.exec(silence) ?? [];
  const ms = Number(number) * (unit === 'm' ? 60_000 : 1_000);
  if (number === '' || ms === 0 || ms > 3_600_000)
    throw new Error('--silence: must be a time like 5s or 2m, up to an hour');
  return ms;
}

/** Refuses flags that do not go together, by a plain Error. */
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
