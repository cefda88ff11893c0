import { type AlertChange, type AlertName, alerts } from '#src/base/alerts.ts';
import type { Meters } from '#src/ops/metrics/meters.ts';
import type { Log } from './log.ts';
import type { OperatorNotices } from './operator-notices.ts';

/** An alert that is raised: `guildId` is absent where it is about the whole process. */
export type RaisedAlert = {
  readonly name: AlertName;
  readonly guildId?: string;
  readonly cause: string;
  readonly task?: string;
};

/** Watchdog alerts of the whole process: each change is a log line, a counter and a gauge; the operator is written to. */
export class AlertBoard {
  readonly #log: Log;
  readonly #notices: Pick<OperatorNotices, 'report'> | undefined;
  readonly #raised = new Map<string, RaisedAlert>();
  readonly #changes;

  constructor(log: Log, meters: Meters, notices?: Pick<OperatorNotices, 'report'>) {
    this.#log = log;
    this.#notices = notices;
    const labels = ['name', 'state'];
    this.#changes = meters.counter('alert_changes', 'Watchdog alerts raised and cleared.', labels);
    for (const name of Object.keys(alerts) as AlertName[]) {
      meters.gauge(
        `alerts_${name.replaceAll('-', '_')}`,
        `Alerts raised now: ${alerts[name]}.`,
        () => this.raised.filter((alert) => alert.name === name).length,
      );
    }
  }

  get raised(): readonly RaisedAlert[] {
    return [...this.#raised.values()];
  }

  /** Raising twice, or clearing an alert that is not raised, changes nothing. */
  report({ name, state, cause, task, error }: AlertChange, guildId?: string): void {
    const key = `${name} ${task ?? ''} ${guildId ?? ''}`;
    if ((state === 'raised') === this.#raised.has(key)) return;
    this.#changes.inc({ name, state });
    const fields = { alert: name, guildId, cause, task, err: error };
    if (state === 'raised') {
      this.#raised.set(key, {
        name,
        cause,
        ...(guildId !== undefined && { guildId }),
        ...(task !== undefined && { task }),
      });
      this.#log.warn(fields, `alert raised: ${alerts[name]}`);
      this.#notices?.report(name);
    } else {
      this.#raised.delete(key);
      this.#log.info(fields, `alert cleared: ${alerts[name]}`);
    }
  }

  /** A channel was left: its alerts are over. */
  forget(guildId: string): void {
    for (const alert of this.raised) {
      if (alert.guildId !== guildId) continue;
      this.report(
        { kind: 'alert', name: alert.name, state: 'cleared', cause: 'the channel was left' },
        guildId,
      );
    }
  }
}
