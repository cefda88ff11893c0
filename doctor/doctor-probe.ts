import type { Config } from '#src/config/config.ts';
import type { Finding, ProbeDeadline } from '#src/probes/probe.ts';
import type { DoctorArguments } from './doctor-arguments.ts';

/** The configuration that the doctor examines, and the limits of the examination. */
export type Examination = ProbeDeadline & {
  readonly config: Config;
  /** Nothing is asked, neither Discord nor a server. */
  readonly isOffline: boolean;
  readonly notifiesOperator: boolean;
  /** Options of a live check in a voice channel, where one was asked for. */
  readonly live?: DoctorArguments['live'];
};

/**
 * An examination of one part of the configuration. `run` yields a title as a string, then the findings under it.
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
  /** An error of the part ends the probe, and the doctor reports it as the last finding. */
  run(examination: Examination): AsyncIterable<string | Finding>;
};
