import type { Questions } from '#setup/questions.ts';
import type { Finding } from '#src/probes/probe.ts';

/** Shows each finding that is not ok, with its remedy. */
export function sayFindings(ask: Questions, findings: readonly Finding[]): void {
  for (const { verdict, what, why, mend } of findings) {
    if (verdict === 'ok') continue;
    ask.say(`${what}: ${why}\n  mend: ${mend}`);
  }
}
