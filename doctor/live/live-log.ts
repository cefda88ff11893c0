import type { ReportLine } from '#doctor/finding.ts';
import type { Report } from '#doctor/report.ts';

/** One line of the check, with what a report of a fault needs besides. */
export type LiveFinding = ReportLine & {
  readonly tookMs?: number;
  /** Error, close and HTTP codes. */
  readonly code?: string;
  /** Sentence of an error, which may name channels. */
  readonly said?: string;
};

/** Something that happened at Discord or in the link, by its name alone. */
export type LiveEvent = { readonly atMs: number; readonly name: string };

const mostEvents = 200;

/** Findings and events of one check: findings go to the screen as they come, all go to the file. */
export class LiveLog {
  readonly findings: LiveFinding[] = [];
  readonly events: LiveEvent[] = [];
  /** Versions and other facts, by name. */
  readonly facts = new Map<string, string>();
  /** True when the operator ended the check. */
  wasEnded = false;
  readonly #report: Report;

  constructor(report: Report) {
    this.#report = report;
  }

  /** True when nothing is missing. */
  get isUsable(): boolean {
    return this.findings.every(({ verdict }) => verdict !== 'missing');
  }

  /** One sentence about all findings. */
  get summary(): string {
    const problems = this.findings.filter(({ verdict }) => verdict !== 'ok').length;
    const until = this.wasEnded ? 'Ctrl+C ended the check early; until then ' : '';
    const found = ['no problem was found.', 'one problem was found.'][problems];
    const sentence = `${until}${found ?? `${problems} problems were found.`}`;
    return `${sentence.charAt(0).toUpperCase()}${sentence.slice(1)}`;
  }

  add(...findings: readonly LiveFinding[]): void {
    this.findings.push(...findings);
    this.#report.findings(findings.map(shownFinding));
  }

  /** Tells the operator what goes on. */
  note(text: string): void {
    this.#report.line(text);
  }

  event(atMs: number, name: string): void {
    if (this.events.length < mostEvents) this.events.push({ atMs, name });
  }
}

function shownFinding({ said, tookMs, code, ...finding }: LiveFinding): ReportLine {
  const time = tookMs === undefined ? [] : [`${Math.round(tookMs)} ms`];
  const beside = [...time, ...(code === undefined ? [] : [code])].join('; ');
  const sentence = said === undefined ? finding.why : `${finding.why}: ${said}`;
  return { ...finding, why: beside === '' ? sentence : `${sentence} (${beside})` };
}
