import type { CommandCall, Replies } from '#src/session/ports/command.ts';
import type { Setting } from '#src/session/ports/settings.ts';
import { maxInstructionsChars } from '#src/session/settings/guild-settings.ts';
import { type TextLine, text } from '#src/texts/texts.ts';
import { addressingModes } from '#src/turn/addressing/addressing-windows.ts';

type SavedSetting = Extract<Setting, { kind: 'set' }>;
type Bad = Extract<Setting, { kind: 'bad' }>;

/** Reply to a caller who wanted to change a setting. */
export function changed(typedKey: string, setting: Setting, call: CommandCall): Replies {
  switch (setting.kind) {
    case 'set': {
      const lines = setting.saved ? {} : { lines: [{ id: 'settings.unsaved' } as const] };
      return [{ ...lineOf(setting, call), to: 'caller', ...lines }];
    }
    case 'unknown': {
      const words = { key: typedKey, keys: setting.keys.join(', ') };
      return [{ id: 'settings.unknown', with: words, to: 'caller' }];
    }
    case 'bad':
      return [{ ...allowedFor(setting), to: 'caller' }];
    case 'missing': {
      const words = { pipeline: setting.name, setting: setting.needs };
      return [{ id: 'settings.missing', with: words, to: 'caller' }];
    }
    case 'above':
      return [
        { id: 'settings.bad.budget', with: { key: setting.key, cap: setting.cap }, to: 'caller' },
      ];
    case 'no-role':
      return [{ id: 'settings.no_role', to: 'caller' }];
    case 'looser': {
      const id = setting.policy === 'role' ? 'settings.looser.role' : 'settings.looser.notice';
      return [{ id, to: 'caller', buttons: [`settings.loosen:${setting.value}`] }];
    }
  }
}

function lineOf({ key, value }: SavedSetting, { callerLocale }: CommandCall): TextLine {
  const mode = addressingModes.find((one) => one === value);
  if (key === 'pipeline') return { id: 'pipeline.switched', with: { pipeline: value } };
  if (key === 'addressing' && mode) return { id: `settings.addressing.${mode}` };
  const shown = value === '' ? text('settings.empty', {}, callerLocale) : value;
  return { id: 'settings.set', with: { key, value: shown } };
}

function allowedFor({ key, allowed }: Bad): TextLine {
  if (
    key === 'dj_role' ||
    key === 'captions_channel' ||
    key === 'read_channel' ||
    key === 'captions_days' ||
    key === 'auto_join' ||
    key === 'leave_after' ||
    key === 'roles' ||
    key === 'blocked' ||
    key === 'timezone'
  ) {
    return { id: `settings.bad.${key}` };
  }
  if (allowed.length > 0) return { id: 'settings.bad', with: { key, allowed: allowed.join(', ') } };
  if (key === 'names' || key === 'voice') return { id: `settings.bad.${key}` };
  return { id: 'settings.bad.instructions', with: { n: maxInstructionsChars } };
}
