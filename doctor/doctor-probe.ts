import type { Config } from '#src/config/config.ts';
import type { Finding, ProbeDeadline } from '#src/probes/probe.ts';
import type { DoctorArguments } from './doctor-arguments.ts';

export type Examination = ProbeDeadline & {
  readonly config: Config;
  /** Asks neither Discord nor a server. */
  readonly isOffline: boolean;
  readonly notifiesOperator: boolean;
  readonly live?: DoctorArguments['live'];
};

/**
 * An examination of one part. `run` yields a title, then the findings under it.
 *
 * @example
 * import type { DoctorProbe } from '#doctor/doctor-probe.ts';
 * import { ok } from '#src/probes/probe.ts';
 *
 * const probe: DoctorProbe = {
 *   name: 'clock',
 *   async *run({ clock }) {
 *     yield 'Clock';
 *     yield ok('time', new Date(clock.wallMs()).toISOString());
 *   },
 * };
 * probe.name; // 'clock'
 */
export type DoctorProbe = {
  readonly name: string;
  run(examination: Examination): AsyncIterable<string | Finding>;
};
