import {
  type AlertChange,
  alerts,
  type FeatureAlert,
  type FeatureAlertChange,
  toFeatureAlert,
} from '#src/base/alerts.ts';
import type { GuildId } from '#src/base/ids.ts';
import type { Meters } from '#src/ops/metrics/meters.ts';
import type { Log } from './log.ts';
import type { OperatorNotices } from './operator-notices.ts';

/** `guildId` is absent for the whole process. */
export type RaisedAlert = Omit<FeatureAlert, 'remedy'> & {
  readonly guildId?: GuildId;
  readonly cause: string;
  readonly task?: string;
};

export type AlertBoard = ReturnType<typeof createAlertBoard>;

/** Logs each change of an alert, counts alerts in gauges, and writes to the operator. */
export function createAlertBoard(
  log: Log,
  meters: Meters,
  declared: readonly FeatureAlert[] = [],
  notices?: Pick<OperatorNotices, 'report' | 'reportFault'>,
) {
  const raised = new Map<string, RaisedAlert>();
  const own = Object.entries(alerts).map(([name, one]) => ({ name, ...one }));
  for (const { name, meaning } of [...own, ...declared]) {
    meters.addGauge(
      `alerts_${name.replaceAll('-', '_')}`,
      `Alerts raised now: ${meaning}.`,
      () => listRaised().filter((alert) => alert.name === name).length,
    );
  }

  function listRaised(): readonly RaisedAlert[] {
    return [...raised.values()];
  }

  /** Logs and counts a change. A repeated one does nothing. */
  function reportChange(change: AlertChange | FeatureAlertChange, guildId?: GuildId) {
    const { state, cause, task, error } = change;
    const alert = toFeatureAlert(change);
    const { name, meaning, action } = alert;
    const key = `${name} ${task ?? ''} ${guildId ?? ''}`;
    if ((state === 'raised') === raised.has(key)) return;
    const fields = { alert: name, guildId, cause, task, err: error };
    if (state === 'raised') {
      raised.set(key, { name, meaning, action, cause, guildId, task });
      log.warn(fields, `alert raised: ${meaning}. ${action}`);
      notices?.report(alert);
    } else {
      raised.delete(key);
      log.info(fields, `alert cleared: ${meaning}`);
    }
    const isOn = listRaised().some((one) => one.name === name && one.task === task);
    notices?.reportFault(`${name} ${task ?? ''}`, isOn ? alert : undefined);
  }

  return {
    get raised(): readonly RaisedAlert[] {
      return listRaised();
    },

    report: reportChange,

    /** Clears the alerts of a channel that the bot is no longer in. */
    forget(guildId: GuildId) {
      for (const alert of listRaised()) {
        if (alert.guildId !== guildId) continue;
        reportChange(
          { kind: 'alert', of: alert, state: 'cleared', cause: 'the channel was left' },
          guildId,
        );
      }
    },
  };
}
