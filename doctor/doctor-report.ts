import type { Secret } from '#src/base/secret.ts';
import type { Finding } from '#src/probes/probe.ts';

/** Shorter secrets occur in ordinary words. */
const minSecretChars = 4;
const maxLineChars = 300;

export type DoctorReport = ReturnType<typeof createDoctorReport>;

/**
 * Writes the report without secrets of the configuration, in any encoding.
 *
 * @example
 * import { createDoctorReport } from '#doctor/doctor-report.ts';
 * import { Secret } from '#src/base/secret.ts';
 *
 * const lines: string[] = [];
 * const report = createDoctorReport((line) => lines.push(line), [new Secret('hush-hush')]);
 * report.writeLine('the server refused hush-hush');
 * lines; // ['the server refused [key]']
 */
export function createDoctorReport(
  print: (line: string) => void,
  secrets: readonly Secret[],
  clean = (text: string) => text,
) {
  const values = secrets.map((secret) => secret.reveal());
  const spellings: readonly string[] = values
    .filter(({ length }) => length >= minSecretChars)
    .flatMap(listSpellings)
    .toSorted((one, other) => other.length - one.length);

  function writeLine(text: string) {
    print(redactText(text, clean));
  }

  function redactText(text: string, clean = (line: string) => line) {
    const known = spellings.reduce(
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

  return {
    writeLine,

    writeFindings(findings: readonly Finding[]) {
      for (const { mend, verdict, what, why } of findings) {
        writeLine(`  ${verdict.padEnd(7)}  ${what.padEnd(22)} ${why}`);
        if (mend !== undefined) writeLine(`${' '.repeat(remedyIndent)}mend: ${mend}`);
      }
    },

    /** Writes settings, with addresses, without which they would be useless. */
    writeSettings(lines: readonly string[]) {
      if (lines.length > 0)
        for (const line of ['', 'Settings to use:', ...lines]) print(redactText(line));
    },
  };
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
