import type { ReportLine } from '#doctor/finding.ts';
import type { Questions } from '#setup/questions.ts';

/** Says what is not as it should be, each with its mend; of the rest nothing. */
export function sayFindings(ask: Questions, findings: readonly ReportLine[]): void {
  for (const { verdict, what, why, mend } of findings) {
    if (verdict === 'ok') continue;
    ask.say(`${what}: ${why}\n  mend: ${mend}`);
  }
}
