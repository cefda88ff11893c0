import type { Secret } from '#src/base/secret.ts';
import type { ReportLine } from './finding.ts';

/** A shorter one stands in ordinary words as well. */
const shortestSecret = 4;
const longestLineChars = 300;

/** Writer of the report; no secret is written, whoever says it and however it is encoded. */
export class Report {
  readonly #print: (line: string) => void;
  readonly #secrets: readonly string[];

  constructor(print: (line: string) => void, secrets: readonly Secret[]) {
    this.#print = print;
    const values = secrets.map((secret) => secret.reveal());
    this.#secrets = values
      .filter(({ length }) => length >= shortestSecret)
      .flatMap(spellings)
      .toSorted((one, other) => other.length - one.length);
  }

  line(text: string): void {
    const known = this.#secrets.reduce((line, secret) => line.replaceAll(secret, '[key]'), text);
    const plain = known
      .replace(/\bsk-[\w*-]{6,}/g, '[key]')
      .replace(/[\p{Cc}\p{Cf}\u2028\u2029]+/gu, ' ')
      .trimEnd();
    const isLong = plain.length > longestLineChars;
    this.#print(isLong ? `${plain.slice(0, longestLineChars - 1)}…` : plain);
  }

  findings(findings: readonly ReportLine[]): void {
    for (const { verdict, what, why } of findings) {
      this.line(`  ${verdict.padEnd(7)}  ${what.padEnd(22)} ${why}`);
    }
  }
}

/** As it stands in text, JSON, addresses, and headers of HTTP. */
function spellings(secret: string): string[] {
  const base64 = Buffer.from(secret).toString('base64');
  const json = JSON.stringify(secret).slice(1, -1);
  return [secret, json, encodeURIComponent(secret), base64, base64.replace(/={1,2}$/, '')];
}
