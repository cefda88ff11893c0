import type { Secret } from '#src/base/secret.ts';
import type { Finding } from '#src/probes/probe.ts';

/** A shorter one stands in ordinary words as well. */
const minSecretChars = 4;
const maxLineChars = 300;

/** Writer of the report; no secret is written, wherever it comes from and however it is encoded. */
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

  writeLine(text: string): void {
    this.#print(this.#redact(text, this.#cleanText));
  }

  writeFindings(findings: readonly Finding[]): void {
    for (const { mend, verdict, what, why } of findings) {
      this.writeLine(`  ${verdict.padEnd(7)}  ${what.padEnd(22)} ${why}`);
      if (mend !== undefined) this.writeLine(`${' '.repeat(remedyIndent)}mend: ${mend}`);
    }
  }

  /** Lines for `.env`, with their addresses as they are. */
  writeSettings(lines: readonly string[]): void {
    if (lines.length > 0)
      for (const line of ['', 'Settings to use:', ...lines]) this.#print(this.#redact(line));
  }

  #redact(text: string, clean = (line: string) => line): string {
    const known = this.#secrets.reduce((line, secret) => line.replaceAll(secret, '[key]'), text);
    const plain = clean(known)
      .replace(/\bsk-[\w*-]{6,}/g, '[key]')
      .replace(/[\p{Cc}\p{Cf}\u2028\u2029]+/gu, ' ')
      .trimEnd();
    const isLong = plain.length > maxLineChars;
    return isLong ? `${plain.slice(0, maxLineChars - 1)}\u2026` : plain;
  }
}

/** Column below the reason of a finding. */
const remedyIndent = 34;

/** Spellings of a secret in text, JSON, addresses, and headers of HTTP. */
function listSpellings(secret: string): string[] {
  const base64 = Buffer.from(secret).toString('base64');
  const json = JSON.stringify(secret).slice(1, -1);
  return [secret, json, encodeURIComponent(secret), base64, base64.replace(/={1,2}$/, '')];
}
