import type { LoggedText } from './logged-text.ts';

export type FeatureAlert = {
  /** Kebab-case, like the keys of `alerts`. */
  readonly name: string;
  readonly meaning: string;
  readonly action: string;
  /** Sent to the operator at once. Without it, only an alert that lasts is sent. */
  readonly remedy?: string;
};

export type AlertName =
  | 'link-down'
  | 'store-unwritten'
  | 'transcripts-unwritten'
  | 'event-loop-delayed'
  | 'total-budget-low'
  | 'total-budget-used'
  | 'task-failing';

type NamelessAlert = Omit<FeatureAlert, 'name'>;

export const alerts: Readonly<Record<AlertName, NamelessAlert>> = {
  'link-down': declareLastingAlert(
    'the voice link of a channel carries no sound, though it was opened anew',
    'Allow UDP and its answers (firewall, VPN, NAT): npm run doctor -- --live checks them.',
  ),
  'store-unwritten': declareUrgentAlert(
    'data to be stored has not been written',
    'Check space and rights of DATA_DIR, or the database.',
  ),
  'transcripts-unwritten': declareUrgentAlert(
    'transcripts are not stored: captions are live only',
    'Check space and rights of DATA_DIR/transcripts.db, or the database.',
  ),
  'event-loop-delayed': declareLastingAlert(
    'the main thread was blocked',
    'Give the bot its own processor core, use remote engines, or add a process.',
  ),
  'total-budget-low': declareUrgentAlert(
    '80 % of what all servers together may spend today is spent',
    'Raise BUDGET_TOTAL_DAY_USD and restart, or wait until 00:00 UTC.',
  ),
  'total-budget-used': declareUrgentAlert(
    'all servers together have spent what they may today, or the rest is too small for an answer',
    'Raise BUDGET_TOTAL_DAY_USD and restart, or wait until 00:00 UTC.',
  ),
  'task-failing': declareLastingAlert(
    'a background task fails and is retried',
    'Read the cause: mostly it is the disk of DATA_DIR, or the database.',
  ),
};

function declareLastingAlert(meaning: string, action: string): NamelessAlert {
  return { meaning, action };
}

function declareUrgentAlert(meaning: string, action: string): NamelessAlert {
  return { meaning, action, remedy: action };
}

/** Raised when a watchdog finds a promise broken, and cleared when it holds again. */
export type AlertChange = {
  readonly kind: 'alert';
  readonly name: AlertName;
  readonly state: 'raised' | 'cleared';
  /** One sentence with numbers. It never quotes people. */
  readonly cause: LoggedText;
  /** Each background task and model has an alert of its own. */
  readonly task?: LoggedText;
  readonly error?: unknown;
};

export type FeatureAlertChange = Omit<AlertChange, 'name'> & {
  readonly of: FeatureAlert;
};

export function toFeatureAlert(change: AlertChange | FeatureAlertChange): FeatureAlert {
  return 'of' in change ? change.of : { name: change.name, ...alerts[change.name] };
}
