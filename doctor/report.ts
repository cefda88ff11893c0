import type { Secret } from '#src/base/secret.ts';
import type { Finding } from '#src/probes/probe.ts';

/** Findings about one thing, as JSON has them. */
type Section = { readonly title: string; readonly findings: object[] };

/** A shorter one stands in ordinary words as well. */
const shortestSecret = 4;
const longestLineChars = 300;

/** Writer of the report; no secret is written, wherever it comes from and however it is encoded. */
export class Report {
  readonly #print: (line: string) => void;
  readonly #secrets: readonly string[];
  readonly #format: 'text' | 'json';
  readonly #sections: Section[] = [];
  readonly #notes: string[] = [];
  readonly #clean: (text: string) => string;
  readonly #settings: string[] = [];

  constructor(
    print: (line: string) => void,
    secrets: readonly Secret[],
    format: 'text' | 'json' = 'text',
    clean = (text: string) => text,
  ) {
    this.#clean = clean;
    this.#print = print;
    this.#format = format;
    const values = secrets.map((secret) => secret.reveal());
    this.#secrets = values
      .filter(({ length }) => length >= shortestSecret)
      .flatMap(spellings)
      .toSorted((one, other) => other.length - one.length);
  }

  /** Writes a line between the findings. */
  line(text: string): void {
    this.#notes.push(this.#plain(text));
    this.#write(text);
  }

  /** Writes the title of the findings that follow. */
  section(title: string): void {
    this.#sections.push({ title: this.#plain(title), findings: [] });
    this.#write(title);
  }

  findings(findings: readonly Finding[]): void {
    if (this.#sections.length === 0) this.#sections.push({ title: '', findings: [] });
    for (const { mend, verdict, what, why } of findings) {
      const plain = { what: this.#plain(what), verdict, why: this.#plain(why) };
      const remedy = mend === undefined ? {} : { mend: this.#plain(mend) };
      this.#sections.at(-1)?.findings.push({ ...plain, ...remedy });
      this.#write(`  ${verdict.padEnd(7)}  ${what.padEnd(22)} ${why}`);
      if (mend !== undefined) this.#write(`${' '.repeat(mendIndent)}mend: ${mend}`);
    }
  }

  /** Lines for `.env`. */
  settings(lines: readonly string[]): void {
    if (lines.length === 0) return;
    this.#settings.push(...lines.map((line) => this.#plain(line)));
    for (const line of ['', 'Settings to use:', ...lines]) this.#write(line);
  }

  /** Ends the report with its exit code, which it returns: JSON is written now. */
  end(code: number): number {
    if (this.#format === 'json') {
      const [sections, settings, notes] = [this.#sections, this.#settings, this.#notes];
      this.#print(JSON.stringify({ code, sections, settings, notes }, undefined, 2));
    }
    return code;
  }

  #write(text: string): void {
    if (this.#format === 'text') this.#print(this.#plain(text));
  }

  #plain(text: string): string {
    const known = this.#secrets.reduce((line, secret) => line.replaceAll(secret, '[key]'), text);
    const plain = this.#clean(known)
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
