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
  'task-failing': 'a background task fails and is retried',
} as const;

export type AlertName = keyof typeof alerts;

/** Alert that a feature declares. */
export type FeatureAlert = {
  /** In kebab-case, as those of `alerts`. */
  readonly name: string;
  readonly meaning: string;
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
  return 'of' in change ? change.of : { name: change.name, meaning: alerts[change.name] };
}
