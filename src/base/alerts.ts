/** Watchdog alerts, one for each promise of the bot, with what each means to the operator. */
export const alerts = {
  'unheard-speaker': 'a person is shown as speaking, and none of their packets arrive',
  'undecodable-speaker': 'packets of a person who may be heard arrive and cannot be decoded',
  'frames-stuck': 'the bot has something to say, and no frame leaves',
  'udp-dead': 'the voice server does not answer over UDP any more',
  'link-down': 'the voice link of a channel is down, and the bot neither hears nor speaks there',
  'encryption-unsettled': 'the end-to-end group of a channel does not settle',
  'stage-hanging': 'a stage of an answer does not end',
  'seat-mismatch': 'Discord shows the bot in a different channel than the expected one',
  'store-unwritten': 'data to be stored has not been written',
  'transcripts-unwritten': 'transcripts are not stored: captions are live only',
  'event-loop-delayed': 'the main thread was blocked',
  'total-budget-low': '80 % of what all servers together may spend today is spent',
  'total-budget-used': 'all servers together have spent what they may today',
  'task-failing': 'a background task fails and is retried',
} as const;

export type AlertName = keyof typeof alerts;

/** Action of the operator, for an alert that lasts. */
export const alertActions: Readonly<Record<AlertName, string>> = {
  'unheard-speaker': 'Ask that person to leave the channel and to join it again.',
  'undecodable-speaker':
    'Ask that person to leave the channel and to join it again. If it happens to everybody, update the bot.',
  'frames-stuck': 'Use /leave and /join in that server.',
  'udp-dead': 'Let UDP out and its answers in: check the firewall and the VPN of this machine.',
  'link-down': 'Check the network: npm run doctor -- --channel ID tries that channel.',
  'encryption-unsettled': 'Use /leave and /join in that server.',
  'stage-hanging': 'Check the server of the stage that the cause names.',
  'seat-mismatch': 'Wait: the bot reconnects once. Then use /leave and /join in that server.',
  'store-unwritten':
    'Check the free space and the rights of DATA_DIR, or the database of DATABASE_URL.',
  'transcripts-unwritten':
    'Check the free space and the rights of transcripts.db in DATA_DIR, or the database of DATABASE_URL.',
  'event-loop-delayed':
    'Give the bot its own processor core, use remote engines, or start another process.',
  'total-budget-low':
    'Raise BUDGET_TOTAL_DAY_USD and restart, or wait until 00:00 UTC. The page shows the sum.',
  'total-budget-used':
    'Raise BUDGET_TOTAL_DAY_USD and restart, or wait until 00:00 UTC. It is also raised where the next answer does not fit.',
  'task-failing':
    'Read the cause: it names the task and the error. Mostly it is the disk of DATA_DIR or the database.',
};

/** Alert that a feature declares. */
export type FeatureAlert = {
  /** In kebab-case, as those of `alerts`. */
  readonly name: string;
  readonly meaning: string;
  /** Action of the operator, for an alert that lasts. */
  readonly action: string;
  /** Sentence with which the alert is written to the operator; absent: it is only logged and counted. */
  readonly remedy?: string | undefined;
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
