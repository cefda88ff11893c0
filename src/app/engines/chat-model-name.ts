import { admitSetting, type LoggedText } from '#src/base/logged-text.ts';
import type { Config } from '#src/config/config.ts';

/** Finds the name of the first chat model, as the operator set it. Undefined for the stand-in. */
export function findChatModel({ engines }: Config): LoggedText | undefined {
  const { chat } = engines;
  const { model } = chat;
  return chat.kind === 'local' || model === undefined ? undefined : admitSetting(model);
}
