import { differs, missing, ok, type ReportLine } from '#doctor/finding.ts';
import { type CommandChanges, isChange } from '#src/discord/interactions/registration.ts';

/** Commands at Discord against ours; `where` is everywhere, or one server. */
export function commandLine(changes: CommandChanges, count: number, where: string): ReportLine {
  const what = 'commands';
  if (!isChange(changes)) return ok(what, `all ${count} as they should be, ${where}`);
  const { added, changed, removed } = changes;
  const why = [
    ...(added.length > 0 ? [`missing: ${added.join(', ')}`] : []),
    ...(changed.length > 0 ? [`outdated: ${changed.join(', ')}`] : []),
    ...(removed.length > 0 ? [`not ours: ${removed.join(', ')}`] : []),
  ].join('; ');
  const mend = 'npm run commands, or start the bot, which registers them';
  return (added.length === count ? missing : differs)(what, `${why}, ${where}`, mend);
}

/** Commands registered where they are not wanted stand in the list of Discord a second time. */
export function doubledLine(
  registered: number,
  where: string,
  mend: string,
): readonly ReportLine[] {
  if (registered === 0) return [];
  return [
    differs('commands', `${registered} registered ${where}, too: people see them twice`, mend),
  ];
}
