import { lastDevelopmentCommit } from '#src/sql/trouble.ts';
import { type FormatRange, isTooOld } from '#src/storage/schema.ts';
import { missing, ok, type ReportLine } from './finding.ts';

/** Format of a store, and whether this program reads it. */
export function formatLine(what: string, version: number, range: FormatRange): ReportLine {
  const { oldest, known } = range;
  if (version > known)
    return missing(
      what,
      `format ${version}, this program reads up to ${known}`,
      'update this program: a newer one has run here',
    );
  if (isTooOld(version, range))
    return missing(
      what,
      `format ${version}, this program reads from ${oldest} on`,
      `start commit ${lastDevelopmentCommit} to read and export it, or move it away to start empty`,
    );
  const later = version < known ? `, brought to ${known} at the next start` : '';
  return ok(what, `format ${version}${later}`);
}
