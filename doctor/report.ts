import type { Secret } from '#src/base/secret.ts';
import type { Finding } from '#src/probes/probe.ts';

/** A shorter one stands in ordinary words as well. */
const shortestSecret = 4;
const longestLineChars = 300;

/** Writer of the report; no secret is written, wherever it comes from and however it is encoded. */
export class Report {
  readonly #print;
  readonly #secrets: readonly string[];
  readonly #clean;

  constructor(
    print: (line: string) => void,
    secrets: readonly Secret[],
    clean = (text: string) => text,
  ) {
    this.#clean = clean;
    this.#print = print;
    const values = secrets.map((secret) => secret.reveal());
    this.#secrets = values
      .filter(({ length }) => length >= shortestSecret)
      .flatMap(spellings)
      .toSorted((one, other) => other.length - one.length);
  }

  line(text: string): void {
    this.#print(this.#plain(text, this.#clean));
  }

  findings(findings: readonly Finding[]): void {
    for (const { mend, verdict, what, why } of findings) {
      this.line(`  ${verdict.padEnd(7)}  ${what.padEnd(22)} ${why}`);
      if (mend !== undefined) this.line(`${' '.repeat(mendIndent)}mend: ${mend}`);
    }
  }

  /** Lines for `.env`, with their addresses as they are. */
  settings(lines: readonly string[]): void {
    if (lines.length > 0)
      for (const line of ['', 'Settings to use:', ...lines]) this.#print(this.#plain(line));
  }

  #plain(text: string, clean = (line: string) => line): string {
    const known = this.#secrets.reduce((line, secret) => line.replaceAll(secret, '[key]'), text);
    const plain = clean(known)
      .replace(/\bsk-[\w*-]{6,}/g, '[key]')
      .replace(/[\p{Cc}\p{Cf}\u2028\u2029]+/gu, ' ')
      .trimEnd();
    const isLong = plain.length > longestLineChars;
    return isLong ? `${plain.slice(0, longestLineChars - 1)}\u2026` : plain;
  }
}

/** Column below the reason of a finding. */
const mendIndent = 34;

/** Spellings of a secret in text, JSON, addresses, and headers of HTTP. */
function spellings(secret: string): string[] {
  const base64 = Buffer.from(secret).toString('base64');
  const json = JSON.stringify(secret).slice(1, -1);
  return [secret, json, encodeURIComponent(secret), base64, base64.replace(/={1,2}$/, '')];
}
