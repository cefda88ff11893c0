import { z } from 'zod';
import type { CaptionOptions } from '#src/session/ports/captions.ts';

/** Key under which the settings of a server hold the captions of one of its voice channels. */
export type CaptionsKey = `captions:${string}`;

export function captionsKey(channelId: string): CaptionsKey {
  return `captions:${channelId}`;
}

const tag = z.string().regex(/^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}$/);
const stored = z.object({ language: tag.optional(), translateTo: tag.optional() });

/** Options as they were stored; without options where they cannot be read, as captions are on all the same. */
export function readCaptionOptions(value: string): CaptionOptions {
  try {
    return stored.parse(JSON.parse(value));
  } catch {
    return {};
  }
}

export function storedCaptionOptions({ language, translateTo }: CaptionOptions): string {
  return JSON.stringify({ language, translateTo });
}
