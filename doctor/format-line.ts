import { lastDevelopmentCommit } from '#src/sql/trouble.ts';
import { type FormatRange, isTooOld } from '#src/storage/schema.ts';
import { missing, ok, type ReportLine } from './finding.ts';

/** Format of a store, and whether this program reads it. */
export function formatLine(what: string, version: number, range: FormatRange): ReportLine {
  const { oldest, known } = range;
  if (version > known)
    return missing(
      what,
      `format ${version}, but this program reads formats up to ${known}`,
      'update Parley: a newer version has run here',
    );
  if (isTooOld(version, range))
    return missing(
      what,
      `format ${version}, but this program reads formats from ${oldest} on`,
      `start commit ${lastDevelopmentCommit} to export the data, or move the store away to start without data`,
    );
  const later = version < known ? `; the next start changes it to ${known}` : '';
  return ok(what, `format ${version}${later}`);
}
