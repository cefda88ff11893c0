import { faultOf } from './check-text.ts';
import { builtInLocales, discordLocales, type LocaleTag } from './locales.ts';

/** A table of an operator, read: what of it is used, and one sentence on what is not. */
export type CorrectionFile = {
  readonly locale?: LocaleTag;
  readonly texts: ReadonlyMap<string, string>;
  readonly complaint?: string;
};

/** Faults that the sentence names; of more it tells how many there are. */
const namedFaults = 3;

/**
 * Reads a file `de.json` that holds texts by id, `{ "stop.ok": "Bin still." }`, for a language of ours or another one of
 * Discord's. What cannot be shown is left out. Never throws.
 */
export function readCorrections(fileName: string, json: string): CorrectionFile {
  const none = new Map<string, string>();
  const name = fileName.replace(/\.json$/, '');
  const locale = [...builtInLocales, ...discordLocales].find((one) => one === name);
  if (locale === undefined) {
    return {
      texts: none,
      complaint: `${fileName} is not used: ${name} is no language of Discord.`,
    };
  }
  const fields = objectOf(json);
  if (!fields) {
    return {
      texts: none,
      complaint: `${fileName} is not used: it is no JSON object of texts by id.`,
    };
  }
  const texts = new Map<string, string>();
  const faults: string[] = [];
  for (const [id, text] of Object.entries(fields)) {
    const isText = typeof text === 'string' && text.trim() !== '';
    const fault = isText ? faultOf(id, text, locale) : 'it is no text';
    if (isText && fault === undefined) texts.set(id, text);
    else faults.push(`${id}: ${fault}`);
  }
  return { locale, texts, ...(faults.length > 0 && { complaint: complaintOf(fileName, faults) }) };
}

function objectOf(json: string): object | undefined {
  try {
    const value: unknown = JSON.parse(json);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function complaintOf(fileName: string, faults: readonly string[]): string {
  const more = faults.length - namedFaults;
  const named = faults.slice(0, namedFaults).join('; ');
  return `${fileName} is used without ${faults.length} of its texts: ${named}${more > 0 ? `; and ${more} more` : ''}.`;
}
