import type { CommandCall, Replies } from '#src/conversation/command.ts';
import type { SettingOutcome } from '#src/conversation/ports/setting-and-check-outcomes.ts';
import { Mentions } from '#src/texts/plain.ts';
import { type TextLine, text } from '#src/texts/texts.ts';

type SavedSetting = Extract<SettingOutcome, { kind: 'set' }>;
type Bad = Extract<SettingOutcome, { kind: 'bad' }>;

/** Reply to a caller who wanted to change a setting. */
export function changed(typedKey: string, setting: SettingOutcome, call: CommandCall): Replies {
  switch (setting.kind) {
    case 'set': {
      const lines = setting.saved ? {} : { lines: [{ id: 'voice.unsaved' } as const] };
      return [{ ...lineOf(setting, call), to: 'caller', ...lines }];
    }
    case 'unknown': {
      const words = { key: typedKey, keys: setting.keys.join(', ') };
      return [{ id: 'settings.unknown', with: words, to: 'caller' }];
    }
    case 'bad':
      return [{ ...allowedFor(setting), to: 'caller' }];
    case 'missing':
      return [{ id: 'settings.missing', with: { pipeline: setting.name }, to: 'caller' }];
    case 'no-role':
      return [{ id: 'settings.no_role', to: 'caller' }];
    case 'looser': {
      const id = setting.policy === 'role' ? 'settings.looser.role' : 'settings.looser.notice';
      return [{ id, to: 'caller', buttons: [`settings.loosen:${setting.value}`] }];
    }
  }
}

function lineOf({ key, line, mark, value }: SavedSetting, { callerLocale }: CommandCall): TextLine {
  const words = value === '' ? text('settings.empty', {}, callerLocale) : value;
  const shown = mark ? new Mentions(words, mark) : words;
  return line ?? { id: 'settings.set', with: { key, value: shown } };
}

function allowedFor({ key, allowed, line }: Bad): TextLine {
  return line ?? { id: 'settings.bad', with: { key, allowed: allowed.join(', ') } };
}
