import {
  type DeadlineSettings,
  deadlines,
  type RoleDeadlines,
  withSettings,
} from '#src/provider/deadlines.ts';
import type { EnvironmentSettings } from './settings.ts';

/** Deadlines of servers, fallbacks included: by role, and in spoken conversations over one connection. */
export type ConfiguredDeadlines = RoleDeadlines & { readonly realtime: DeadlineSettings };

export function readDeadlines(from: EnvironmentSettings): ConfiguredDeadlines {
  const given = (group: 'TRANSCRIPTION' | 'CHAT_COMPLETION' | 'SPEECH' | 'REALTIME') => {
    const [first, idle] = [from[`${group}_FIRST_BYTE_SECONDS`], from[`${group}_IDLE_SECONDS`]];
    return {
      ...(first !== undefined && { firstMs: first * 1000 }),
      ...(idle !== undefined && { idleMs: idle * 1000 }),
    };
  };
  // A server that hangs gives way to its fallback.
  const chat = from.CHAT_COMPLETION_FALLBACK_BASE_URL ? { firstMs: 30_000 } : {};
  return {
    'speech to text': withSettings(deadlines['speech to text'], given('TRANSCRIPTION')),
    chat: withSettings(deadlines.chat, { ...chat, ...given('CHAT_COMPLETION') }),
    'text to speech': withSettings(deadlines['text to speech'], given('SPEECH')),
    realtime: given('REALTIME'),
  };
}
