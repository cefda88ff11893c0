import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Config } from '#src/config/types.ts';
import { readCorrections } from '#src/texts/tables.ts';
import { correctTexts, type Locale } from '#src/texts/texts.ts';

/** Puts the operator's texts, `texts/de.json` in the folder of data, over ours; `report` gets one sentence for each broken file. */
export function loadCorrections(
  { dataDir }: Pick<Config, 'dataDir'>,
  report: (complaint: string) => void,
): void {
  const folder = join(dataDir, 'texts');
  const corrections = new Map<Locale, ReadonlyMap<string, string>>();
  for (const name of filesOf(folder)) {
    const read = readCorrections(name, contentOf(join(folder, name)));
    if (read.complaint !== undefined) report(`${join(folder, name)}: ${read.complaint}`);
    if (read.locale !== undefined && read.texts.size > 0) corrections.set(read.locale, read.texts);
  }
  correctTexts(corrections);
}

/** Files of the folder; none where it is missing. */
function filesOf(folder: string): readonly string[] {
  try {
    return readdirSync(folder).filter((name) => name.endsWith('.json'));
  } catch {
    return [];
  }
}

/** Empty, which is no JSON, for what cannot be read. */
function contentOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
