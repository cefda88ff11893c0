/** Watchdog alerts, one for each promise of the bot, with what each means to the operator. */
export const alerts = {
  'unheard-speaker': 'somebody is shown as speaking, and none of their packets arrive',
  'undecodable-speaker': 'the packets of somebody who may be heard arrive and cannot be decoded',
  'frames-stuck': 'the bot has something to say, and no frame leaves',
  'udp-dead': 'the voice server does not answer over UDP any more',
  'link-down': 'the voice link of a channel is away, and the bot hears and says nothing there',
  'encryption-unsettled': 'the end-to-end group of a channel does not settle',
  'stage-hanging': 'one stage of an answer does not come to its end',
  'seat-mismatch': 'Discord shows the bot in another place than where it should sit',
  'store-unwritten': 'what is to be kept has not been written',
  'transcripts-unwritten': 'what was said is not kept: captions are live only',
  'event-loop-delayed': 'the main thread stood still',
  'task-failing': 'a background task fails and is retried',
} as const;

export type AlertName = keyof typeof alerts;

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
