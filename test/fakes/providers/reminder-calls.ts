import type { MockReply } from './mock-chat.ts';

/** A model that sets a reminder for whatever is said, also where only the own words are judged. */
export function makeReminderCall(when: string, text?: string): readonly MockReply[] {
  const argumentsJson = JSON.stringify({ when, text });
  return [
    { match: 'outcome', text: 'I will.' },
    { match: 'utterance', call: { name: 'set_reminder', argumentsJson } },
  ];
}
