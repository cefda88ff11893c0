import type { Config } from '#src/config/config.ts';
import type { Finding, ProbeDeadline } from '#src/probes/probe.ts';
import type { DoctorArguments } from './doctor-arguments.ts';

/** What the doctor examines, and how. */
export type Examination = ProbeDeadline & {
  readonly config: Config;
  /** Neither Discord, servers nor the operator are asked. */
  readonly isOffline: boolean;
  /** A test message goes to the operator. */
  readonly notifiesOperator: boolean;
  /** Place and silence, in ms, of a live check; absent: there is none. */
  readonly live?: DoctorArguments['live'];
};

/** An examination of one part of the configuration. It yields titles, each with its findings after it. */
export type DoctorProbe = {
  readonly name: string;
  /** Errors: those of the part. */
  run(examination: Examination): AsyncIterable<string | Finding>;
};
