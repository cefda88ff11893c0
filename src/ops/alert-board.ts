import {
  type AlertChange,
  alerts,
  type FeatureAlert,
  type FeatureAlertChange,
  toFeatureAlert,
} from '#src/base/alerts.ts';
import type { Meters } from '#src/ops/metrics/meters.ts';
import type { Log } from './log.ts';
import type { OperatorNotices } from './operator-notices.ts';

/** `guildId` is absent for the whole process. */
export type RaisedAlert = Omit<FeatureAlert, 'remedy'> & {
  readonly guildId?: GuildId;
  readonly cause: string;
  readonly task?: string;
};

/** Logs each change of an alert, counts alerts in gauges, and writes to the operator. */
export class AlertBoard {
  readonly #log;
  readonly #notices;
  readonly #raised = new Map<string, RaisedAlert>();

  constructor(
    log: Log,
    meters: Meters,
    declared: readonly FeatureAlert[] = [],
    notices?: Pick<OperatorNotices, 'report' | 'reportFault'>,
  ) {
    this.#log = log;
    this.#notices = notices;
    const own = Object.entries(alerts).map(([name, one]) => ({ name, ...one }));
    for (const { name, meaning } of [...own, ...declared]) {
      meters.addGauge(
        `alerts_${name.replaceAll('-', '_')}`,
        `Alerts raised now: ${meaning}.`,
        () => this.raised.filter((alert) => alert.name === name).length,
      );
    }
  }

  get raised(): readonly RaisedAlert[] {
    return [...this.#raised.values()];
  }

  /** Logs and counts a change. A repeated one does nothing. */
  report(change: AlertChange | FeatureAlertChange, guildId?: GuildId) {
    const { state, cause, task, error } = change;
    const alert = toFeatureAlert(change);
    const { name, meaning, action } = alert;
    const key = `${name} ${task ?? ''} ${guildId ?? ''}`;
    if ((state === 'raised') === this.#raised.has(key)) return;
    const fields = { alert: name, guildId, cause, task, err: error };
    if (state === 'raised') {
      this.#raised.set(key, { name, meaning, action, cause, guildId, task });
      this.#log.warn(fields, `alert raised: ${meaning}. ${action}`);
      this.#notices?.report(alert);
    } else {
      this.#raised.delete(key);
      this.#log.info(fields, `alert cleared: ${meaning}`);
    }
    const isOn = this.raised.some((one) => one.name === name && one.task === task);
    this.#notices?.reportFault(`${name} ${task ?? ''}`, isOn ? alert : undefined);
  }

  /** Clears the alerts of a channel that was left. */
  forget(guildId: GuildId) {
    for (const alert of this.raised) {
      if (alert.guildId !== guildId) continue;
      this.report(
        { kind: 'alert', of: alert, state: 'cleared', cause: 'the channel was left' },
        guildId,
      );
    }
  }
}
