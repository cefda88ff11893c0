/** Alert that a feature declares. */
export type FeatureAlert = {
  /** In kebab-case, as those of `alerts`. */
  readonly name: string;
  readonly meaning: string;
  /** Action of the operator, for an alert that lasts. */
  readonly action: string;
  /** Sentence with which the alert is written to the operator at once; absent: only one that lasts is. */
  readonly remedy?: string;
};

/** Watchdog alerts, one for each promise of the bot. */
export const alerts = {
  'link-down': lasting(
    'the voice link of a channel carries no sound, though it was opened anew',
    'Allow UDP and its answers (firewall, VPN, NAT): npm run doctor -- --live checks them.',
  ),
  'store-unwritten': urgent(
    'data to be stored has not been written',
    'Check space and rights of DATA_DIR, or the database.',
  ),
  'transcripts-unwritten': urgent(
    'transcripts are not stored: captions are live only',
    'Check space and rights of DATA_DIR/transcripts.db, or the database.',
  ),
  'event-loop-delayed': lasting(
    'the main thread was blocked',
    'Give the bot its own processor core, use remote engines, or add a process.',
  ),
  'total-budget-low': urgent(
    '80 % of what all servers together may spend today is spent',
    'Raise BUDGET_TOTAL_DAY_USD and restart, or wait until 00:00 UTC.',
  ),
  'total-budget-used': urgent(
    'all servers together have spent what they may today, or the rest is too small for an answer',
    'Raise BUDGET_TOTAL_DAY_USD and restart, or wait until 00:00 UTC.',
  ),
  'task-failing': lasting(
    'a background task fails and is retried',
    'Read the cause: mostly it is the disk of DATA_DIR, or the database.',
  ),
} as const;

export type AlertName = keyof typeof alerts;

type NamelessAlert = Omit<FeatureAlert, 'name'>;

/** Alert that is written to the operator once it has lasted. */
function lasting(meaning: string, action: string): NamelessAlert {
  return { meaning, action };
}

/** Alert that is written to the operator at once. */
function urgent(meaning: string, action: string): NamelessAlert {
  return { meaning, action, remedy: action };
}

/** A change of one alert: raised when its watchdog finds the promise broken, cleared when it holds again. */
export type AlertChange = {
  readonly kind: 'alert';
  readonly name: AlertName;
  readonly state: 'raised' | 'cleared';
  /** Cause for the alert, in one sentence with numbers; never words that people said. */
  readonly cause: string;
  /** The background task or the model, where the alert is about one: each has an alert of its own. */
  readonly task?: string;
  /** The error behind it, for the log. */
  readonly error?: unknown;
};

/** A change of an alert of a feature. */
export type FeatureAlertChange = Omit<AlertChange, 'name'> & { readonly of: FeatureAlert };

/** Alert that is raised or cleared, with its meaning. */
export function alertOf(change: AlertChange | FeatureAlertChange): FeatureAlert {
  return 'of' in change ? change.of : { name: change.name, ...alerts[change.name] };
}
