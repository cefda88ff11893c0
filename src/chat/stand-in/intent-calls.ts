import type { FoundIntent } from './find-intent.ts';
import type { Intent } from './wordings.ts';

/** A call of a tool of the bot. */
export type StandInCall = {
  readonly name: string;
  readonly input: Readonly<Record<string, unknown>>;
};

const fixedCalls: Readonly<Partial<Record<Intent, StandInCall>>> = {
  louder: { name: 'volume', input: { change: 20 } },
  quieter: { name: 'volume', input: { change: -20 } },
  slower: { name: 'speed', input: { change: 'slower' } },
  faster: { name: 'speed', input: { change: 'faster' } },
  usualSpeed: { name: 'speed', input: { change: 'usual' } },
  repeat: { name: 'repeat', input: {} },
  captionsOn: { name: 'captions', input: { on: true } },
  captionsOff: { name: 'captions', input: { on: false } },
  follow: { name: 'follow', input: { follow: true } },
  unfollow: { name: 'follow', input: { follow: false } },
  pauseListening: { name: 'pause_listening', input: {} },
  pauseSound: { name: 'change_track', input: { deed: 'pause' } },
  resumeSound: { name: 'change_track', input: { deed: 'resume' } },
  skipSound: { name: 'change_track', input: { deed: 'skip' } },
  stopSound: { name: 'change_track', input: { deed: 'stop' } },
  listTimers: { name: 'list_reminders', input: {} },
  cancelTimer: { name: 'cancel_reminder', input: {} },
  leave: { name: 'leave', input: {} },
};

/** Finds the call that an intent needs. Undefined for an intent that is answered in words. */
export function findCall(found: FoundIntent): StandInCall | undefined {
  if (found.intent === 'sum') return undefined;
  const { intent, when, text, sound } = found;
  if (intent === 'timer') return { name: 'set_reminder', input: { when } };
  if (intent === 'remind')
    return { name: 'set_reminder', input: { when, text: text || undefined } };
  if (intent === 'play') return { name: 'play_sound', input: { sound } };
  return fixedCalls[intent];
}
