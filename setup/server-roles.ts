import { DoctorReport } from '#doctor/doctor-report.ts';
import type { ProviderExamination, TriedRole } from '#doctor/examine-provider.ts';
import type { Secret } from '#src/base/secret.ts';
import type { SettingGroup } from '#src/config/roles.ts';
import { roles as engineRoles } from '#src/engines/engine.ts';
import type { SettingEdits } from './setting-edits.ts';
import type { Vendor } from './vendors.ts';

/** A server of `vendors.json`, or one by its address. */
export type KnownServer = Pick<
  Vendor,
  'baseUrl' | 'isRealtime' | 'name' | 'needsKey' | 'roles' | 'start'
>;

/** A Realtime server takes the place of a chat model. */
const realtimeSettings = ['PIPELINE', 'REALTIME_BASE_URL', 'REALTIME_MODEL'] as const;
/** These settings are removed with the server of a role. */
const serverSettings = [
  'BASE_URL',
  'MODEL',
  'API_KEY',
  'VOICE',
  'FORMAT',
  'RATE_HZ',
  'PLAIN_TEXT',
  'WITHOUT',
] as const;

/** Finds a role of a server, which Realtime fills whole. */
export function findRole(
  { roles }: ProviderExamination,
  group: SettingGroup,
  { isRealtime }: KnownServer,
): TriedRole | undefined {
  return roles.find((role) => role.group === (isRealtime ? 'REALTIME' : group));
}

/** Notes the settings of all roles of a server that were tried and work. Returns these roles. */
export function fillRoles(
  edits: SettingEdits,
  server: KnownServer,
  examined: ProviderExamination,
  apiKey: Secret | undefined,
): readonly SettingGroup[] {
  return server.roles.filter((group) => {
    const role = findRole(examined, group, server);
    if (role?.state !== 'usable') return false;
    clearRole(edits, group);
    for (const [name, value] of Object.entries(role.settings)) edits.set(name, value);
    if ('REALTIME_BASE_URL' in role.settings) edits.set('PIPELINE', 'realtime');
    if (apiKey) edits.set(`${group}_API_KEY`, apiKey.reveal());
    return true;
  });
}

/** Removes the server of a role. */
export function clearRole(edits: SettingEdits, group: SettingGroup): void {
  const isAnswered =
    group === 'CHAT_COMPLETION' && edits.getValue('REALTIME_BASE_URL') !== '';
  const backends = Object.values(engineRoles).filter((role) => role.group === group);
  const names = [
    ...serverSettings.map((part) => `${group}_${part}`),
    ...backends.map(({ backend }) => backend),
    ...(group === 'CHAT_COMPLETION' ? ['CHAT_MODEL_FILE'] : []),
  ];
  for (const name of isAnswered ? [...names, ...realtimeSettings] : names) {
    if ((edits.file.values[name] ?? '') !== '' || edits.changes.has(name))
      edits.set(name, '');
  }
}

/** Formats what was found, without the secrets. Roles that a server does not offer are left out. */
export function formatFindings(
  { findings, roles }: ProviderExamination,
  secrets: readonly Secret[],
): readonly string[] {
  const lines: string[] = [];
  const print = (text: string) => lines.push(text);
  const report = new DoctorReport(print, secrets);
  report.writeFindings(findings);
  for (const { state, findings: roleFindings } of roles)
    if (state !== 'absent') report.writeFindings(roleFindings);
  return lines;
}

/** Names roles as people do: "chat and text to speech". */
export function formatRoleNames(chosen: readonly SettingGroup[]): string {
  const named = Object.entries(engineRoles).filter(([, { group }]) =>
    chosen.includes(group),
  );
  return new Intl.ListFormat('en').format(named.map(([name]) => name));
}
