import type { Pcm } from '#src/audio/pcm.ts';

/** One line of the report. */
export type ReportLine = { readonly what: string; readonly why: string } & (
  | { readonly verdict: 'ok'; readonly mend?: never }
  | {
      /** `differs`: it works, and not as expected. */
      readonly verdict: 'differs' | 'missing';
      /** Remedy for the owner. */
      readonly mend: string;
    }
);

/** Result of one role of a server. */
export type ExaminationResult = {
  readonly findings: readonly ReportLine[];
  /** `absent`: the server has no such thing, and that is no fault. */
  readonly state: 'usable' | 'absent' | 'broken';
  /** Lines for `.env`. */
  readonly settings: readonly string[];
  /** Sound that was spoken, for a recogniser to listen to. */
  readonly clip?: { readonly pcm: Pcm; readonly text: string };
};

export function ok(what: string, why: string): ReportLine {
  return { what, verdict: 'ok', why };
}

export function differs(what: string, why: string, mend: string): ReportLine {
  return { what, verdict: 'differs', why, mend };
}

export function missing(what: string, why: string, mend: string): ReportLine {
  return { what, verdict: 'missing', why, mend };
}

/** A role of which nothing works. */
export function failed(state: 'absent' | 'broken', ...findings: ReportLine[]): ExaminationResult {
  return { findings, state, settings: [] };
}
