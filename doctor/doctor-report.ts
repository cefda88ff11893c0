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
  readonly #print;
  readonly #secrets: readonly string[];
  readonly #cleanText;

  constructor(
    print: (line: string) => void,
    secrets: readonly Secret[],
    clean = (text: string) => text,
  ) {
    this.#cleanText = clean;
    this.#print = print;
    const values = secrets.map((secret) => secret.reveal());
    this.#secrets = values
      .filter(({ length }) => length >= minSecretChars)
      .flatMap(listSpellings)
      .toSorted((one, other) => other.length - one.length);
  }

  writeLine(text: string) {
    this.#print(this.#redact(text, this.#cleanText));
  }

  writeFindings(findings: readonly Finding[]) {
    for (const { mend, verdict, what, why } of findings) {
      this.writeLine(`  ${verdict.padEnd(7)}  ${what.padEnd(22)} ${why}`);
      if (mend !== undefined)
        this.writeLine(`${' '.repeat(remedyIndent)}mend: ${mend}`);
    }
  }

  /** Writes settings, with addresses, without which they would be useless. */
  writeSettings(lines: readonly string[]) {
    if (lines.length > 0)
      for (const line of ['', 'Settings to use:', ...lines])
        this.#print(this.#redact(line));
  }

  #redact(text: string, clean = (line: string) => line) {
    const known = this.#secrets.reduce(
      (line, secret) => line.replaceAll(secret, '[key]'),
      text,
    );
    const plain = clean(known)
      .replace(/\bsk-[\w*-]{6,}/g, '[key]')
      .replace(/[\p{Cc}\p{Cf}\u2028\u2029]+/gu, ' ')
      .trimEnd();
    const isLong = plain.length > maxLineChars;
    return isLong ? `${plain.slice(0, maxLineChars - 1)}\u2026` : plain;
  }
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
