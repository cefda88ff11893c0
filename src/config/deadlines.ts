import { deadlines, type RoleDeadlines, withSettings } from '#src/provider/deadlines.ts';
import type { EnvironmentSettings } from './settings.ts';

/** Deadlines of servers by role, fallbacks included. */
export function readDeadlines({
  CHAT_COMPLETION_FALLBACK_BASE_URL: fallback,
  CHAT_COMPLETION_FIRST_BYTE_SECONDS: first = fallback ? 30 : undefined, // one that hangs gives way
  CHAT_COMPLETION_IDLE_SECONDS: idle,
}: EnvironmentSettings): RoleDeadlines {
  const chat = withSettings(deadlines.chat, {
    ...(first !== undefined && { firstMs: first * 1000 }),
    ...(idle !== undefined && { idleMs: idle * 1000 }),
  });
  return { ...deadlines, chat };
}
