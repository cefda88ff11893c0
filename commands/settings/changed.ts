import type { SettingOutcome } from '#src/settings/setting-definition.ts';
import type { TextLine } from '#src/texts/texts.ts';

/** Outcome of a change, over the page of its setting, which shows the value and what it takes. */
export function changed(
  key: string,
  setting: Exclude<SettingOutcome, { kind: 'looser' }>,
): readonly TextLine[] {
  switch (setting.kind) {
    case 'set':
      return [
        { id: 'settings.saved' },
        ...(setting.saved ? [] : [{ id: 'voice.unsaved' } as const]),
      ];
    case 'unknown':
      return [{ id: 'unknown.of', with: { x: key, list: setting.keys.join(', ') } }];
    case 'bad':
      return [{ id: 'settings.bad', with: { key } }];
    case 'missing':
      return [{ id: 'settings.missing', with: { pipeline: setting.name } }];
    case 'no-role':
      return [{ id: 'settings.no_role' }];
  }
}
