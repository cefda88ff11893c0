import type { Config } from '#src/config/config.ts';
import type { Finding, ProbeDeadline } from '#src/probes/probe.ts';
import type { DoctorArguments } from './doctor-arguments.ts';

/** The configuration to examine, and the flags of the doctor. */
export type Examination = ProbeDeadline & {
  readonly config: Config;
  /** Asks neither Discord nor a server. */
  readonly isOffline: boolean;
  /** Sends the operator a test message. */
  readonly notifiesOperator: boolean;
  readonly live?: DoctorArguments['live'];
};

/**
 * An examination of one part. `run` yields a title, then the findings under it.
 *
 * @example
 * import type { DoctorProbe } from '#doctor/doctor-probe.ts';
 * import { toOkFinding } from '#src/probes/probe.ts';
 *
 * const probe: DoctorProbe = {
 *   name: 'clock',
 *   async *run({ clock }) {
 *     yield 'Clock';
 *     yield toOkFinding('time', new Date(clock.wallMs()).toISOString());
 *   },
 * };
 * probe.name; // 'clock'
 */
export interface DoctorProbe {
  /** Subject of the finding about an error that ends the probe. */
  readonly name: string;
  /** Examines the part. An error ends the probe and becomes its last finding. */
  run(examination: Examination): AsyncIterable<string | Finding>;
}
