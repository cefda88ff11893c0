/** Watchdog alerts, one for each promise of the bot, with what each means to the operator. */
export const alerts = {
  'link-down': 'the voice link of a channel carries no sound, though it was opened anew',
  'store-unwritten': 'data to be stored has not been written',
  'transcripts-unwritten': 'transcripts are not stored: captions are live only',
  'event-loop-delayed': 'the main thread was blocked',
  'total-budget-low': '80 % of what all servers together may spend today is spent',
  'total-budget-used':
    'all servers together have spent what they may today, or the rest is too small for an answer',
  'task-failing': 'a background task fails and is retried',
} as const;

export type AlertName = keyof typeof alerts;

/** Action of the operator, for an alert that lasts. */
export const alertActions: Readonly<Record<AlertName, string>> = {
  'link-down':
    'Allow UDP and its answers (firewall, VPN, NAT): npm run doctor -- --live checks them.',
  'store-unwritten': 'Check space and rights of DATA_DIR, or the database.',
  'transcripts-unwritten': 'Check space and rights of DATA_DIR/transcripts.db, or the database.',
  'event-loop-delayed':
    'Give the bot its own processor core, use remote engines, or add a process.',
  'total-budget-low': 'Raise BUDGET_TOTAL_DAY_USD and restart, or wait until 00:00 UTC.',
  'total-budget-used': 'Raise BUDGET_TOTAL_DAY_USD and restart, or wait until 00:00 UTC.',
  'task-failing': 'Read the cause: mostly it is the disk of DATA_DIR, or the database.',
};

/** Alert that a feature declares. */
export type FeatureAlert = {
  /** In kebab-case, as those of `alerts`. */
  readonly name: string;
  readonly meaning: string;
  /** Action of the operator, for an alert that lasts. */
  readonly action: string;
  /** Sentence with which the alert is written to the operator; absent: it is only logged and counted. */
  readonly remedy?: string;
};

/** A change of one alert: raised when its watchdog finds the promise broken, cleared when it holds again. */
export type AlertChange = {
  readonly kind: 'alert';
  readonly name: AlertName;
  readonly state: 'raised' | 'cleared';
  /** Cause for the alert, in one sentence with numbers; never words that people said. */
  readonly cause: string;
  /** The background task, where the alert is about one: each has an alert of its own. */
  readonly task?: string;
  /** The error behind it, for the log. */
  readonly error?: unknown;
};

/** A change of an alert of a feature. */
export type FeatureAlertChange = Omit<AlertChange, 'name'> & { readonly of: FeatureAlert };

/** Alert that is raised or cleared, with its meaning. */
export function alertOf(change: AlertChange | FeatureAlertChange): FeatureAlert {
  if ('of' in change) return change.of;
  const { name } = change;
  return { name, meaning: alerts[name], action: alertActions[name] };
}
