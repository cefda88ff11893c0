import type { ExaminedRole, ProviderExamination } from '#doctor/provider.ts';
import type { Report } from '#doctor/report.ts';
import { groups, type SettingGroup } from '#src/config/keys.ts';
import { serverName } from '#src/provider/models/error-phrases.ts';

/** A server that was tried and is used. */
export type TriedProvider = {
  readonly name: string;
  readonly baseUrl: string;
  readonly examined: ProviderExamination;
  /** Roles that it fills from now on, one at least. */
  readonly taken: readonly SettingGroup[];
  /** Roles that no server fills yet. */
  readonly left: readonly SettingGroup[];
  /** The next question asks for a server for what is left. */
  readonly isAskedNext: boolean;
};

/** Reports what works and what failed, then in one sentence what the server is used for and what it does not have. */
export function reportTried(tried: TriedProvider, report: Report): void {
  const { baseUrl, examined } = tried;
  report.section(serverName(baseUrl));
  report.findings(examined.findings);
  for (const role of examined.roles ?? []) if (!isLacking(role)) report.findings(role.findings);
  report.line('');
  report.line(sentenceOn(tried));
}

/** Roles that the server was found not to have, in any way. */
export function lackingGroups({ roles = [], settings }: ProviderExamination) {
  return groups.filter(
    (group) =>
      !settings.some((line) => line.startsWith(`${group}_`)) &&
      roles.some((role) => role.group === group && isLacking(role)),
  );
}

/** A failure with a model that was only guessed does not show that the server lacks the role. */
function isLacking({ state, isGuess }: ExaminedRole): boolean {
  return state === 'absent' && !isGuess;
}

function sentenceOn({ name, examined, taken, left, isAskedNext }: TriedProvider): string {
  const lacking = lackingGroups(examined).filter((group) => left.includes(group));
  const failed = left.filter(
    (group) =>
      !lacking.includes(group) &&
      examined.roles?.some((role) => role.group === group && role.state !== 'usable'),
  );
  const reasons = [
    ...(lacking.length > 0 ? [`it has no ${inWords(lacking)}`] : []),
    ...(failed.length > 0 ? [`its ${inWords(failed)} failed`] : []),
  ];
  const asked = reasons.length > 0 ? 'that' : inWords(left);
  const more = [
    ...(reasons.length > 0 ? [reasons.join(', and ')] : []),
    ...(isAskedNext && left.length > 0 ? [`the next question asks for ${asked}`] : []),
  ].join('; ');
  const end = more === '' ? '' : ` ${more[0]?.toUpperCase()}${more.slice(1)}.`;
  return `${name} works for ${inWords(taken)}.${end}`;
}

/** Roles as in `speech and chat`. */
function inWords(roles: readonly SettingGroup[]): string {
  const [hears, speaks] = [roles.includes('TRANSCRIPTION'), roles.includes('SPEECH')];
  const speech = hears && speaks ? 'speech' : hears ? 'speech to text' : 'text to speech';
  const words = [
    ...(hears || speaks ? [speech] : []),
    ...(roles.includes('CHAT_COMPLETION') ? ['chat'] : []),
  ];
  return words.join(' and ');
}
