import {
  type AlertChange,
  type AlertName,
  alerts,
  type FeatureAlert,
  type FeatureAlertChange,
  toFeatureAlert,
} from '#src/base/alerts.ts';
import type { GuildId } from '#src/base/ids.ts';
import { admitSetting, writeSentence } from '#src/base/logged-text.ts';
import type { Meters } from '#src/ops/metrics/meters.ts';
import type { Log } from './log.ts';
import type { OperatorNotices } from './operator-notices.ts';

/** An alert that is raised. `guildId` is absent if the alert is about the whole process. */
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

  /** Adds a gauge for each alert of `alerts` and of `featureAlerts`. */
  constructor(
    log: Log,
    meters: Meters,
    featureAlerts: readonly FeatureAlert[] = [],
    notices?: Pick<OperatorNotices, 'report' | 'reportFault'>,
  ) {
    this.#log = log;
    this.#notices = notices;
    const baseAlerts = Object.entries(alerts).map(([name, alert]) => ({
      name,
      ...alert,
    }));
    for (const { name, meaning } of [...baseAlerts, ...featureAlerts]) {
      meters.addGauge(
        `alerts_${name.replaceAll('-', '_')}`,
        `Alerts raised now: ${meaning}.`,
        () => this.raised.filter((alert) => alert.name === name).length,
      );
    }
  }

  /** Tests whether an alert about the process, or about any server, is raised now. */
  isRaised(name: AlertName): boolean {
    return this.raised.some((alert) => alert.name === name);
  }

  /** Alerts that are raised now, the oldest first. */
  get raised(): readonly RaisedAlert[] {
    return [...this.#raised.values()];
  }

  /** Logs and counts a change. A repeated change does nothing. */
  report(change: AlertChange | FeatureAlertChange, guildId?: GuildId): void {
    const { state, cause, task, error } = change;
    const alert = toFeatureAlert(change);
    const { name, meaning, action } = alert;
    const key = `${name} ${task ?? ''} ${guildId ?? ''}`;
    if ((state === 'raised') === this.#raised.has(key)) return;
    const fields = { alert: admitSetting(name), guildId, cause, task, err: error };
    if (state === 'raised') {
      this.#raised.set(key, { name, meaning, action, cause, guildId, task });
      this.#log.warn(
        fields,
        writeSentence`alert raised: ${admitSetting(meaning)}. ${admitSetting(action)}`,
      );
      this.#notices?.report(alert);
    } else {
      this.#raised.delete(key);
      this.#log.info(fields, writeSentence`alert cleared: ${admitSetting(meaning)}`);
    }
    const isOn = this.raised.some(
      (raisedAlert) => raisedAlert.name === name && raisedAlert.task === task,
    );
    this.#notices?.reportFault(`${name} ${task ?? ''}`, isOn ? alert : undefined);
  }

  /** Clears the alerts of a channel that the bot is no longer in. */
  forget(guildId: GuildId): void {
    for (const alert of this.raised) {
      if (alert.guildId !== guildId) continue;
      const cause = writeSentence`the channel was left`;
      this.report({ kind: 'alert', of: alert, state: 'cleared', cause }, guildId);
    }
  }
}
