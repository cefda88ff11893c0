import type { Secret } from '#src/base/secret.ts';
import type { Finding } from '#src/probes/probe.ts';

/** Shorter secrets occur in ordinary words. */
const minSecretChars = 4;
const maxLineChars = 300;

/**
 * Writes the report without secrets of the configuration, in any encoding.
 *
 * @example
 * import { DoctorReport } from '#doctor/doctor-report.ts';
 * import { Secret } from '#src/base/secret.ts';
 *
 * const lines: string[] = [];
 * const report = new DoctorReport((line) => lines.push(line), [new Secret('hush-hush')]);
 * report.writeLine('the server refused hush-hush');
 * lines; // ['the server refused [key]']
 */
export class DoctorReport {
  readonly #print: (line: string) => void;
  readonly #spellings: readonly string[];
  readonly #cleanText: (text: string) => string;

  /** Creates a report. `cleanText` also removes addresses and ids, for example. */
  constructor(
    print: (line: string) => void,
    secrets: readonly Secret[],
    cleanText: (text: string) => string = (text) => text,
  ) {
    this.#print = print;
    this.#cleanText = cleanText;
    this.#spellings = secrets
      .map((secret) => secret.reveal())
      .filter(({ length }) => length >= minSecretChars)
      .flatMap(listSpellings)
      .toSorted((a, b) => b.length - a.length);
  }

  /** Writes a line, cut at 300 characters. */
  writeLine(text: string): void {
    this.#print(redactText(text, this.#spellings, this.#cleanText));
  }

  /** Writes a line for each finding, and one for its remedy. */
  writeFindings(findings: readonly Finding[]): void {
    for (const { mend, reason, subject, verdict } of findings) {
      this.writeLine(`  ${verdict.padEnd(7)}  ${subject.padEnd(22)} ${reason}`);
      if (mend !== undefined)
        this.writeLine(`${' '.repeat(remedyIndent)}mend: ${mend}`);
    }
  }

  /** Writes settings, with addresses, without which they would be useless. */
  writeSettings(settings: readonly string[]): void {
    if (settings.length === 0) return;
    for (const textLine of ['', 'Settings to use:', ...settings])
      this.#print(redactText(textLine, this.#spellings));
  }
}

function redactText(
  text: string,
  secrets: readonly string[],
  cleanText = (redacted: string) => redacted,
) {
  const withoutSecrets = secrets.reduce(
    (redacted, secret) => redacted.replaceAll(secret, '[key]'),
    text,
  );
  const plain = cleanText(withoutSecrets)
    .replace(/\bsk-[\w*-]{6,}/g, '[key]')
    .replace(/[\p{Cc}\p{Cf}\u2028\u2029]+/gu, ' ')
    .trimEnd();
  const isLong = plain.length > maxLineChars;
  return isLong ? `${plain.slice(0, maxLineChars - 1)}\u2026` : plain;
}

const remedyIndent = 34;

/** Lists the spellings of a secret in plain text, JSON, URLs, and Base64 of HTTP headers. */
function listSpellings(secret: string) {
  const base64 = Buffer.from(secret).toString('base64');
  const json = JSON.stringify(secret).slice(1, -1);
  return [
    secret,
    json,
    encodeURIComponent(secret),
    base64,
    base64.replace(/={1,2}$/, ''),
  ];
}
