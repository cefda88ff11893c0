import { inBatches } from '#src/base/batches.ts';
import type { Reply } from '#src/features/command.ts';
import type { NamedById, Picker, PickerOption } from '#src/ports/picker.ts';
import {
  type Choices,
  mentionMarkOf,
  none,
  readSetting,
  type SettingInput,
  type SettingNow,
  type SettingsView,
} from '#src/settings/setting-definition.ts';
import { languageName, offeredLanguages } from '#src/texts/language-names.ts';
import { cut, Mentions } from '#src/texts/plain.ts';
import { type PlainTextId, type TextLine, type TextValue, text } from '#src/texts/texts.ts';

/** Options of a menu, and most rows of menus of one input. Source: Discord docs, "String Select", "Action Row". */
const [rowOptions, mostRows] = [25, 3];
/** Most characters of a value that Discord keeps with an option. */
const maxValueChars = 100;
/** Lines about other places on a page. */
const mostElsewhere = 5;

/** Settings on the first page, each with a question as its sentence. */
const mainKeys = [
  'addressing',
  'pipeline',
  'consent',
  'roles',
  'voice',
  'language',
  'captions',
  'auto_join',
  'budget_day',
];

/** Limits of a value on a page: characters of words, or ids. */
type ValueLimits = { readonly chars: number; readonly ids: number };
const inGroup: ValueLimits = { chars: 60, ids: 2 };
const alone: ValueLimits = { chars: 300, ids: 40 };

/** First page of the panel: the questions that most servers answer, and a menu of all groups. */
export function homePage(view: SettingsView, news: readonly TextLine[] = []): Reply {
  const asked = mainKeys.flatMap((key) => settingNow(key, view) ?? []);
  const lines = asked.map((now): TextLine => {
    const question = text(now.setting.about);
    return { id: 'settings.own', with: { key: question, value: shownValue(now, inGroup) } };
  });
  const options = asked.map(({ key, setting: { about } }) => ({
    value: key,
    label: text(about),
  }));
  const groups = groupsOf(view).map(([group]) => ({
    value: group,
    label: text(group),
  }));
  return pageOf([...news, ...lines], view, {
    pickers: [
      ...named('settings.open', menusOf(options, { id: 'settings.pick.value' })),
      ...named('settings.group', menusOf(groups, { id: 'settings.pick.group' })),
    ],
  });
}

/** Page of one group: its settings with their values; all groups where it is gone. */
export function groupPage(group: string, view: SettingsView): Reply {
  const found = groupsOf(view).find(([id]) => id === group);
  if (!found) return homePage(view, group === '' ? [] : [{ id: 'confirm.over' }]);
  const [id, all] = found;
  const lines = all.flatMap((now): readonly TextLine[] => [
    nowLine(now, inGroup),
    { id: now.setting.about },
  ]);
  const options = all.map(({ key, setting: { about } }) => ({
    value: key,
    label: key,
    description: about,
  }));
  const pickers = menusOf(options, { id: 'settings.pick.value' });
  return pageOf([{ id }, ...lines], view, {
    pickers: named('settings.open', pickers),
    buttons: ['settings.group:'],
  });
}

/** Page of one setting: its value, and what it is changed with; all groups where it is gone. */
export function settingPage(key: string, view: SettingsView, news: readonly TextLine[]): Reply {
  const now = settingNow(key, view);
  if (!now) return homePage(view, news.length > 0 ? news : [{ id: 'confirm.over' }]);
  const { elsewhere, from, setting } = now;
  const more = elsewhere.length - mostElsewhere;
  const meaning = meaningOf(setting, now.value);
  const lines: readonly TextLine[] = [
    ...(meaning ? [{ id: meaning }] : []),
    { id: setting.about },
    ...elsewhere.slice(0, mostElsewhere),
    ...(more > 0 ? [{ id: 'track.waiting.more', with: { n: more } } as const] : []),
  ];
  const pickers = setting.inputs.flatMap((input, n) =>
    named(`settings.pick:${key}:${n}`, menusFor(input, now, view.choices)),
  );
  const isTyped = setting.inputs.some(({ kind }) => kind === 'typed');
  return pageOf([...news, nowLine(now, alone), ...lines], view, {
    pickers,
    buttons: [
      ...(isTyped ? [`settings.type:${key}`] : []),
      ...(from === 'server' ? [`settings.reset:${key}`] : []),
      `settings.group:${setting.group}`,
    ],
  });
}

export function settingNow(key: string, { all }: SettingsView): SettingNow | undefined {
  return all.find((one) => one.key === key);
}

/** The value as it is typed, after `picked` was chosen in one of the rows of an input. */
export function wordsOf(
  input: SettingInput,
  row: number,
  picked: readonly string[],
  { value }: SettingNow,
): string {
  switch (input.kind) {
    case 'one-of':
    case 'typed':
      return picked[0] ?? '';
    case 'language': {
      if (input.most === 1) return picked[0] ?? none;
      const offered: readonly string[] = rowsOf(languagesIn(value))[row] ?? [];
      const others = listed(value).filter((tag) => !offered.includes(tag));
      return [...others, ...picked].join(', ') || none;
    }
    default: {
      const ids = idsIn(value);
      const [from, to] = [row * rowOptions, (row + 1) * rowOptions];
      const all = [...ids.slice(0, from), ...picked, ...ids.slice(to)];
      return all.length === 0 ? none : `${input.before ?? ''}${all.join(', ')}`;
    }
  }
}

type Group = readonly [SettingNow['setting']['group'], readonly SettingNow[]];

/** Groups in the order in which their first settings are listed. */
function groupsOf({ all }: SettingsView): readonly Group[] {
  return [...Map.groupBy(all, ({ setting }) => setting.group)];
}

function pageOf(
  lines: readonly TextLine[],
  { isRead }: SettingsView,
  controls: Pick<Reply, 'pickers' | 'buttons'>,
): Reply {
  const all: readonly TextLine[] = isRead ? lines : [...lines, { id: 'settings.unread' }];
  const [first = { id: 'confirm.over' } as const, ...rest] = all;
  return { ...first, lines: rest, ...controls, inPlace: true };
}

function nowLine(now: SettingNow, limits: ValueLimits): TextLine {
  const { key, from } = now;
  const value = shownValue(now, limits);
  const source = text(`settings.from.${from}`);
  return { id: 'settings.now', with: { key, value, from: source } };
}

/** Value with names in place of ids and of tags of languages. */
function shownValue({ setting, value }: SettingNow, { chars, ids: most }: ValueLimits): TextValue {
  if (value === '') return text('settings.empty');
  const mark = mentionMarkOf(setting);
  const ids = idsIn(value);
  if (mark !== undefined && ids.length > 0) {
    const shown = ids.length > most ? `${ids.slice(0, most).join(', ')} \u2026` : value;
    return new Mentions(shown, mark);
  }
  const isLanguage = value !== none && setting.inputs.some((input) => input.kind === 'language');
  const languages = () => listed(value).map((tag) => languageName(tag));
  return cut(isLanguage ? languages().join(', ') : value, chars);
}

type InputById = Extract<SettingInput, { readonly kind: NamedById }>;

type Menu = Picker extends infer One ? (One extends Picker ? Omit<One, 'name'> : never) : never;

/** Menus with names by their rows. */
function named(name: string, menus: readonly Menu[]): readonly Picker[] {
  return menus.map((menu, row) => ({ ...menu, name: `${name}:${row}` }));
}

/** Rows of menus of one input; none where it has no menu. */
function menusFor(input: SettingInput, now: SettingNow, choices: Choices): readonly Menu[] {
  switch (input.kind) {
    case 'typed':
      return [];
    case 'one-of':
      return menusOf(optionsOf(now, choices), { id: 'settings.pick.value' });
    case 'language': {
      const { most } = input;
      const chosen = new Set(now.value.split(', '));
      const options = [...(most === 1 ? [none] : []), ...languagesIn(now.value)].map((tag) => ({
        value: tag,
        label: tag === none ? none : languageName(tag),
        isChosen: chosen.has(tag),
      }));
      return menusOf(options, { id: 'settings.pick.value' }, most);
    }
    default:
      return menusById(input, now);
  }
}

/** The first 25 ids of a list in the first row, the next ones in the next, which is there once the row before is full. */
function menusById({ kind, most, before }: InputById, { value }: SettingNow): readonly Menu[] {
  const ids = idsIn(value);
  const rows = Math.min(Math.ceil(most / rowOptions), Math.floor(ids.length / rowOptions) + 1);
  return Array.from({ length: rows }, (_, row) => {
    const from = row * rowOptions;
    return {
      kind,
      placeholder: { id: 'settings.pick.value' },
      least: before === undefined ? 0 : 1,
      most: Math.min(rowOptions, most - from),
      chosen: ids.slice(from, from + rowOptions),
    };
  });
}

/** Meaning of a choice by setting and value, in words people use, with what it costs. */
const meanings: Readonly<Record<string, PlainTextId>> = {
  'pipeline chained': 'settings.means.chained',
  'pipeline audio-model': 'settings.means.audio-model',
  'pipeline realtime': 'settings.means.realtime',
  'addressing auto': 'settings.means.auto',
  'addressing name': 'settings.means.name',
  'addressing window': 'settings.means.window',
  'addressing always': 'settings.means.always',
  'addressing off': 'settings.means.off',
};

function meaningOf({ key }: SettingNow['setting'], value: string): PlainTextId | undefined {
  return meanings[`${key} ${value}`];
}

/** Options for the values of a setting that a person may choose from. */
function optionsOf({ setting, value }: SettingNow, choices: Choices): readonly PickerOption[] {
  const values = [...new Set(setting.values(choices))];
  return values
    .filter((one) => one !== '' && one.length <= maxValueChars)
    .map((one) => {
      const read = readSetting(setting, one, choices);
      return {
        value: one,
        label: one,
        description: meaningOf(setting, one),
        isChosen: read.kind === 'ok' && setting.shown(read.value) === value,
      };
    });
}

/** Menus of 25 options each; none where they would take too many rows. */
function menusOf(options: readonly PickerOption[], line: TextLine, most = 1): readonly Menu[] {
  const rows = rowsOf(options);
  if (rows.length > mostRows) return [];
  return rows.map((row): Menu => {
    const range: TextLine = {
      id: 'settings.pick.range',
      with: { first: row[0].label, last: row.at(-1)?.label ?? '' },
    };
    return {
      kind: 'one-of',
      placeholder: rows.length > 1 ? range : line,
      least: most === 1 ? 1 : 0,
      most: Math.min(most, row.length),
      options: row,
    };
  });
}

/** Lists of 25 at most. */
function rowsOf<One>(all: readonly One[]) {
  return inBatches(all, () => 1, { size: rowOptions });
}

/** Tags that are offered, and those that are set besides. */
function languagesIn(value: string): readonly string[] {
  const set = listed(value).filter((tag) => tag !== none);
  return [...new Set([...offeredLanguages, ...set])];
}

function listed(value: string): readonly string[] {
  return value === none ? [] : value.split(', ');
}

function idsIn(value: string): readonly string[] {
  return value.match(/\d{15,21}/g) ?? [];
}
